/* Frees in stop what destroy frees again. */
#define ZOO_START
#define ZOO_STOP
#define ZOO_DESTROY
#include "zoo.h"
static void *scratch;
static al_status start(void *ctx, al_error_v1 *err) {
  (void)ctx;
  (void)err;
  scratch = malloc(2000);
  return AL_OK;
}
static al_status stop(void *ctx, al_error_v1 *err) {
  (void)ctx;
  (void)err;
  free(scratch);
  return AL_OK;
}
static void destroy(void *ctx) {
  free(scratch);
  free(ctx);
}
