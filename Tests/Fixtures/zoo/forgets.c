/* Saves everything but the averages that its scores depend on. */
#define ZOO_SAVE
#define ZOO_RESTORE
#include "zoo.h"
static al_status save(void *ctx, const al_sink_v1 *to, al_error_v1 *err) {
  zoo *z = ctx;
  (void)err;
  return to->write(to->ctx, &z->evaluations, sizeof z->evaluations);
}
static al_status restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err) {
  zoo *z = ctx;
  int64_t evaluations;
  if (version != 1 || !zoo_read(from, &evaluations, sizeof evaluations) || !zoo_at_end(from))
    return zoo_fail(err, AL_E_DATA, "not a state of this agent");
  z->evaluations = evaluations;
  return AL_OK;
}
