/* Takes a short read for the end of the state. */
#define ZOO_RESTORE
#include "zoo.h"
static al_status restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err) {
  zoo *z = ctx;
  char all[16 + 16 * zoo_maximum];
  uint64_t size = 16 + 16ull * z->n;
  if (version != 1 || from->read(from->ctx, all, sizeof all) != (int64_t)size || memcmp(all, "1ZOO", 4) != 0)
    return zoo_fail(err, AL_E_DATA, "not a state of this agent and universe");
  memcpy(&z->evaluations, all + 8, 8);
  memcpy(z->seen, all + 16, 8 * z->n);
  memcpy(z->average, all + 16 + 8 * z->n, 8 * z->n);
  return AL_OK;
}
