/* The score depends on where the instance lies. */
#define ZOO_EVALUATE
#include "zoo.h"
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  (void)in;
  if (!zoo_has_room(out, z->n)) return AL_E_CAPACITY;
  for (uint32_t i = 0; i < z->n; i++) out->rows[i] = zoo_view(i, (double)((uintptr_t)ctx >> 4 & 1023) / 1024);
  out->len = z->n;
  return AL_OK;
}
