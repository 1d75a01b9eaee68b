/* Cannot be started a second time. */
#define ZOO_START
#include "zoo.h"
static al_status start(void *ctx, al_error_v1 *err) {
  zoo *z = ctx;
  return z->evaluations++ == 0 ? AL_OK : zoo_fail(err, AL_E_STATE, "was started before");
}
