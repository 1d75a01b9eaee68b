/* Its schema has a type that does not exist. */
#define ZOO_SCHEMA "{\"type\":\"object\",\"properties\":{\"span\":{\"type\":\"whole\",\"default\":5}}}"
#include "zoo.h"
