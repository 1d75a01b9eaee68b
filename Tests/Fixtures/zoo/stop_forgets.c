/* Loses its averages when it is stopped and started. */
#define ZOO_STOP
#include "zoo.h"
static al_status stop(void *ctx, al_error_v1 *err) {
  zoo *z = ctx;
  (void)err;
  z->started = 0;
  memset(z->average, 0, sizeof z->average);
  memset(z->seen, 0, sizeof z->seen);
  return AL_OK;
}
