/* Says an order is cancelled and goes on working it. */
#define ZOO_CANCELLED
#include <stdbool.h>
static bool ends_when_cancelled(void) { return false; }
#include "zoo_broker.h"
