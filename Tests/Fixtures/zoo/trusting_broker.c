/* Takes orders of any quantity and type. */
#define ZOO_CHECK
#include <stdbool.h>
#include "alphaloop.h"
struct broker;
static bool is_legal(const struct broker *b, const al_order_v1 *o) {
  (void)b;
  return o->instrument < 3;
}
#include "zoo_broker.h"
