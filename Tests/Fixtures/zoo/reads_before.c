/* Reads the row before the first. */
#define ZOO_EVALUATE
#include "zoo.h"
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  if (!zoo_has_room(out, z->n)) return AL_E_CAPACITY;
  for (uint32_t i = 0; i < z->n; i++) out->rows[i] = zoo_answer(z, in, i);
  out->len = z->n;
  if (in->windows != NULL && in->windows[0]->close != NULL && ((volatile const double *)in->windows[0]->close)[(int64_t)in->windows[0]->first - 1] == 1e99) out->len = 0;
  return AL_OK;
}
