/* Saves where it lies, so that no two saves are alike. */
#define ZOO_SAVE
#define ZOO_RESTORE
#include "zoo.h"
static al_status save(void *ctx, const al_sink_v1 *to, al_error_v1 *err) {
  (void)err;
  return to->write(to->ctx, &ctx, sizeof ctx);
}
static al_status restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err) {
  void *old;
  (void)ctx;
  return version == 1 && zoo_read(from, &old, sizeof old) && zoo_at_end(from) ? AL_OK
                                                                             : zoo_fail(err, AL_E_DATA, "no state");
}
