/* Reads a number out of its parameters without looking at them. */
#define ZOO_CREATE
#include "zoo.h"
static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  if (zoo_is(args->id, ZOO_ID) && args->n_parameters == 0) return *(volatile al_status *)0;
  return zoo_make(host, args, out, err);
}
