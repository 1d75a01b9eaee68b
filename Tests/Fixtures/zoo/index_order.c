/* Prefers the instrument that comes first. */
#define ZOO_EVALUATE
#include "zoo.h"
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  if (!zoo_has_room(out, z->n)) return AL_E_CAPACITY;
  for (uint32_t i = 0; i < z->n; i++) out->rows[i] = zoo_answer(z, in, i);
  out->len = z->n;
  if (out->rows[0].kind == AL_ROW_VIEW) out->rows[0].value = 1;
  return AL_OK;
}
