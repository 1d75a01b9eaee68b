/* Nothing wrong: the control for brokers. */
#include "zoo_broker.h"
