/* Never comes back from its tenth evaluation. */
#define ZOO_EVALUATE
#include "zoo.h"
static volatile int forever = 1;
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  (void)in;
  if (++z->evaluations == 10)
    while (forever) {
    }
  out->len = 0;
  return AL_OK;
}
