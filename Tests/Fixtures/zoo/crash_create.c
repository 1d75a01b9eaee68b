/* Aborts when an instance is made. */
#define ZOO_CREATE
#include "zoo.h"
static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  if (zoo_is(args->id, ZOO_ID)) abort();
  return zoo_make(host, args, out, err);
}
