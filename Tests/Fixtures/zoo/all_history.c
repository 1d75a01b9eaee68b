/* Averages every row in sight instead of the last five. */
#define ZOO_EVALUATE
#include "zoo.h"
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  if (!zoo_has_room(out, z->n)) return AL_E_CAPACITY;
  for (uint32_t i = 0; i < z->n; i++) {
    const al_window_v1 *w = in->windows == NULL ? NULL : in->windows[i];
    out->rows[i] = zoo_abstain(i, AL_REASON_WARM_UP);
    if (w == NULL || w->close == NULL || w->count < zoo_lookback) continue;
    double sum = 0;
    for (uint32_t row = w->first; row < w->first + w->count; row++) sum += w->close[row];
    double score = tanh(w->close[w->first + w->count - 1] * w->count / sum - 1);
    if (isfinite(score)) out->rows[i] = zoo_view(i, score);
  }
  out->len = z->n;
  return AL_OK;
}
