/* Writes its error text without looking at the room for it. */
#define ZOO_CREATE
#include "zoo.h"
static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  if (zoo_is(args->id, ZOO_ID)) return zoo_make(host, args, out, err);
  if (err->buf != NULL) memcpy(err->buf, "unknown id", 10);
  err->len = err->cap < 10 ? err->cap : 10;
  return AL_E_ARGUMENT;
}
