/* A well-behaved policy on top of zoo.h: `quantity_of` is what a zoo plugin replaces. */
#define ZOO_KINDS AL_KIND_POLICY
#define ZOO_INPUTS 0
#define ZOO_OUTPUTS 0
#define ZOO_INTERFACES AL_INTERFACE_POLICY
#define ZOO_INTERFACE
#include "zoo.h"

static int64_t quantity_of(const al_target_v1 *t, int64_t equity);

#ifndef ZOO_QUANTITY
static int64_t quantity_of(const al_target_v1 *t, int64_t equity) {
  if (t->is_quantity) return t->quantity;
  if (!isfinite(t->weight) || t->price <= 0) return t->held;
  double units = t->weight * ((double)equity / 1e8) / ((double)t->price / 1e8);
  int64_t lots = (int64_t)(units * 1e8) / t->lot;
  return lots * t->lot;
}
#endif

static al_status size_targets(void *ctx, al_sizing_v1 *sizing, al_error_v1 *err) {
  (void)ctx;
  (void)err;
  for (uint32_t i = 0; i < sizing->n; i++) sizing->targets[i].quantity = quantity_of(&sizing->targets[i], sizing->equity);
  return AL_OK;
}

static const al_policy_v1 policy_table = {sizeof policy_table, 0, size_targets};
static const void *get_interface(void *ctx, const char *id) {
  (void)ctx;
  (void)&agent_table;
  (void)&state_table;
  return strcmp(id, AL_INTERFACE_POLICY) == 0 ? &policy_table : NULL;
}
