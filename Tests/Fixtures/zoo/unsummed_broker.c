/* Its fills do not make up the order: what remains shrinks by half of each. */
#define ZOO_REMAINS
#include <stdint.h>
static int64_t remains_after(int64_t remaining, int64_t fill) { return remaining - fill / 2; }
#include "zoo_broker.h"
