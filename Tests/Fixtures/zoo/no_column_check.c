/* Reads volume and does not look whether the series has any. */
#define ZOO_EVALUATE
#include "zoo.h"
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  if (!zoo_has_room(out, z->n)) return AL_E_CAPACITY;
  for (uint32_t i = 0; i < z->n; i++) {
    out->rows[i] = zoo_answer(z, in, i);
    const al_window_v1 *w = in->windows == NULL ? NULL : in->windows[i];
    if (w != NULL && w->count > 0 && w->volume[w->first] == 12345.25) out->rows[i] = zoo_abstain(i, AL_REASON_ZERO_VOLUME);
  }
  out->len = z->n;
  return AL_OK;
}
