/* The descriptor's size is of another revision. */
#define ZOO_DESCRIPTOR_SIZE (sizeof(al_descriptor_v1) + 8)
#include "zoo.h"
