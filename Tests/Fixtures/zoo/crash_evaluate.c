/* Writes through NULL at its twentieth evaluation. */
#define ZOO_EVALUATE
#include "zoo.h"
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  (void)in;
  if (++z->evaluations == 20) *(volatile int *)ctx = *(volatile int *)0;
  out->len = 0;
  return AL_OK;
}
