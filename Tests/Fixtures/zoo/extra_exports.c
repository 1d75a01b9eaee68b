/* Exports a helper beside the entry. */
#include "zoo.h"
__attribute__((visibility("default"))) int zoo_helper(void);
int zoo_helper(void) { return 1; }
