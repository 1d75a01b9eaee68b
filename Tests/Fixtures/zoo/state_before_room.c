/* Updates its state before it looks whether there is room. */
#define ZOO_EVALUATE
#include "zoo.h"
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  (void)in;
  z->evaluations++;
  if (!zoo_has_room(out, z->n)) return AL_E_CAPACITY;
  for (uint32_t i = 0; i < z->n; i++) out->rows[i] = zoo_view(i, (double)(z->evaluations % 10) / 10);
  out->len = z->n;
  return AL_OK;
}
