/* Refuses broken state, but has taken half of it by then. */
#define ZOO_RESTORE
#include "zoo.h"
static al_status restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err) {
  zoo *z = ctx;
  uint32_t head[2];
  if (version != 1) return zoo_fail(err, AL_E_DATA, "state of another version");
  if (!zoo_read(from, head, sizeof head) || head[0] != 0x4f4f5a31 || head[1] != z->n ||
      !zoo_read(from, &z->evaluations, sizeof z->evaluations) || !zoo_read(from, z->seen, z->n * sizeof z->seen[0]) ||
      !zoo_read(from, z->average, z->n * sizeof z->average[0]) || !zoo_at_end(from))
    return zoo_fail(err, AL_E_DATA, "not a state of this agent and universe");
  return AL_OK;
}
