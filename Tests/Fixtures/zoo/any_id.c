/* Makes an instance whatever id is asked for. */
#define ZOO_CREATE
#include "zoo.h"
static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  al_create_v1 mine = *args;
  mine.id = (al_str_v1){ZOO_ID, sizeof ZOO_ID - 1};
  return zoo_make(host, &mine, out, err);
}
