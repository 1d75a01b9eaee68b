/* Nothing wrong: the control that every check must pass. */
#include "zoo.h"
