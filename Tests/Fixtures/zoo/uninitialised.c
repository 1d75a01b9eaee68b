/* The score comes from memory that nobody wrote. */
#define ZOO_CREATE
#define ZOO_EVALUATE
#include "zoo.h"
typedef struct noisy {
  zoo base;
  uint32_t never_set[4096];
} noisy;
static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  al_status status = zoo_make(host, args, out, err);
  if (status != AL_OK) return status;
  noisy *made = malloc(sizeof *made);
  made->base = *(zoo *)out->ctx;
  free(out->ctx);
  out->ctx = made;
  return AL_OK;
}
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  noisy *z = ctx;
  (void)in;
  if (!zoo_has_room(out, z->base.n)) return AL_E_CAPACITY;
  uint32_t sum = 3 * z->never_set[17] + 5 * z->never_set[2001];
  for (uint32_t i = 0; i < z->base.n; i++) out->rows[i] = zoo_view(i, (double)(sum & 1023) / 1024);
  out->len = z->base.n;
  return AL_OK;
}
