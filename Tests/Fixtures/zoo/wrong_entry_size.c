/* The entry's size is of another revision. */
#define ZOO_ENTRY_SIZE 48
#include "zoo.h"
