/* Its destroy expects what start makes. */
#define ZOO_START
#define ZOO_DESTROY
#include "zoo.h"
static int *counter;
static al_status start(void *ctx, al_error_v1 *err) {
  static int value;
  (void)ctx;
  (void)err;
  counter = &value;
  return AL_OK;
}
static void destroy(void *ctx) {
  ++*(volatile int *)counter;
  free(ctx);
}
