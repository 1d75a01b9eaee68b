/* Declares bars and does not look whether it got any. */
#define ZOO_EVALUATE
#include "zoo.h"
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  if (!zoo_has_room(out, z->n)) return AL_E_CAPACITY;
  for (uint32_t i = 0; i < z->n; i++)
    out->rows[i] = in->windows[i]->count == 0 ? zoo_abstain(i, AL_REASON_WARM_UP) : zoo_answer(z, in, i);
  out->len = z->n;
  return AL_OK;
}
