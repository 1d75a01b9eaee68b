/* Its table has no evaluate. */
#define ZOO_AGENT_EVALUATE NULL
#include "zoo.h"
