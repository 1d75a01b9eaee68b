/* Sends an order again when it is submitted again. */
#define ZOO_SEEN
#include <stdbool.h>
#include "alphaloop.h"
static bool is_same(al_order_id_v1 a, al_order_id_v1 b) {
  (void)a;
  (void)b;
  return false;
}
#include "zoo_broker.h"
