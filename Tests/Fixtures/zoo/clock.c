/* The score depends on the day it is computed on. */
#define ZOO_EVALUATE
#include <time.h>
#include "zoo.h"
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  (void)in;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (!zoo_has_room(out, z->n)) return AL_E_CAPACITY;
  for (uint32_t i = 0; i < z->n; i++) out->rows[i] = zoo_view(i, (double)(now.tv_sec / 86400 % 7) / 7);
  out->len = z->n;
  return AL_OK;
}
