/* Answers interfaces that do not exist. */
#define ZOO_INTERFACE
#include "zoo.h"
static const void *get_interface(void *ctx, const char *id) {
  (void)ctx;
  return strcmp(id, AL_INTERFACE_STATE) == 0 ? (const void *)&state_table : (const void *)&agent_table;
}
