/* Its parameters are not JSON. */
#define ZOO_SCHEMA "{\"type\":\"object\",\"properties\":{"
#include "zoo.h"
