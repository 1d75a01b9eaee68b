/* Its id has no dot and a capital letter. */
#define ZOO_ID "Zoo"
#include "zoo.h"
