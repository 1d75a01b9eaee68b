/* A default lies outside of its own bounds. */
#define ZOO_SCHEMA \
  "{\"type\":\"object\",\"properties\":{\"span\":{\"type\":\"integer\",\"default\":99,\"minimum\":2,\"maximum\":50}}}"
#include "zoo.h"
