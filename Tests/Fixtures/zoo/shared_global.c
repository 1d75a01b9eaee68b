/* Two instances share one average. */
#define ZOO_EVALUATE
#include "zoo.h"
static double shared;
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  if (!zoo_has_room(out, z->n)) return AL_E_CAPACITY;
  if (in->sequence == 0) shared = 0;
  for (uint32_t i = 0; i < z->n; i++) {
    out->rows[i] = zoo_answer(z, in, i);
    if (out->rows[i].kind != AL_ROW_VIEW) continue;
    shared = 0.9 * shared + 0.1 * out->rows[i].value;
    out->rows[i].value = shared;
  }
  out->len = z->n;
  return AL_OK;
}
