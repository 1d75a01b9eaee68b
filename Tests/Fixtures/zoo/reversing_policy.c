/* Sells where the weight says buy. */
#define ZOO_QUANTITY
#include "zoo_policy.h"
static int64_t quantity_of(const al_target_v1 *t, int64_t equity) {
  (void)equity;
  if (t->is_quantity) return t->quantity;
  return isfinite(t->weight) ? (t->weight > 0 ? -7 : 7) * t->lot : t->held;
}
