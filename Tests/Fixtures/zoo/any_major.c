/* Claims to work with a host of any major version. */
#define ZOO_ENTRY
#include "zoo.h"
const al_entry_v1 *alphaloop_plugin_v1(uint32_t host_major, uint32_t host_minor) {
  (void)host_major;
  (void)host_minor;
  return &zoo_entry;
}
