/* Refuses without a word. */
#define ZOO_CREATE
#include "zoo.h"
static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  (void)err;
  return zoo_make(host, args, out, NULL);
}
