/* Doubles the quantity it is asked to keep or reduce. */
#define ZOO_QUANTITY
#include "zoo_policy.h"
static int64_t quantity_of(const al_target_v1 *t, int64_t equity) {
  (void)equity;
  return t->is_quantity ? 2 * t->quantity : 0;
}
