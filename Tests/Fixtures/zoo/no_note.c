/* Has no ABI note. */
#define ZOO_NO_NOTE
#include "zoo.h"
