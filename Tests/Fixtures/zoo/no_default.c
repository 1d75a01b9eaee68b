/* A property has no default. */
#define ZOO_SCHEMA "{\"type\":\"object\",\"properties\":{\"span\":{\"type\":\"integer\"}}}"
#include "zoo.h"
