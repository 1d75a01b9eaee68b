/* Reads the row behind its window. */
#define ZOO_EVALUATE
#include "zoo.h"
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  if (!zoo_has_room(out, z->n)) return AL_E_CAPACITY;
  for (uint32_t i = 0; i < z->n; i++) {
    const al_window_v1 *w = in->windows == NULL ? NULL : in->windows[i];
    out->rows[i] = zoo_abstain(i, AL_REASON_WARM_UP);
    if (w == NULL || w->close == NULL || w->count == 0) continue;
    uint32_t end = w->first + w->count;
    out->rows[i] = zoo_view(i, w->close[end] > w->close[end - 1] ? 1 : -1);
  }
  out->len = z->n;
  return AL_OK;
}
