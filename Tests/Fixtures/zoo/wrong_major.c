/* Its note is of ABI 2. */
#define ZOO_NOTE_MAJOR 2
#include "zoo.h"
