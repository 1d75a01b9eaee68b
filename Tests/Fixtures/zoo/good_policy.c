/* Nothing wrong: the control for policies. */
#include "zoo_policy.h"
