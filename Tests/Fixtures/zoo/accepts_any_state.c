/* Restores from whatever it is given. */
#define ZOO_RESTORE
#include "zoo.h"
static al_status restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err) {
  zoo *z = ctx;
  uint32_t head[2];
  (void)version;
  (void)err;
  if (zoo_read(from, head, sizeof head) && zoo_read(from, &z->evaluations, sizeof z->evaluations) &&
      zoo_read(from, z->seen, z->n * sizeof z->seen[0]))
    zoo_read(from, z->average, z->n * sizeof z->average[0]);
  return AL_OK;
}
