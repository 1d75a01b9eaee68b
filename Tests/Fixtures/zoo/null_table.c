/* Lists the agent's interface and answers NULL for it. */
#define ZOO_INTERFACE
#include "zoo.h"
static const void *get_interface(void *ctx, const char *id) {
  (void)ctx;
  (void)&agent_table;
  return strcmp(id, AL_INTERFACE_STATE) == 0 ? &state_table : NULL;
}
