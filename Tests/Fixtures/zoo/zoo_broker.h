/* A small well-behaved broker: at most 10,000 units of an order a bar, market orders at the open, limit orders at their
 * limit or better. A zoo plugin replaces one of its small parts. */
#define ZOO_KINDS AL_KIND_BROKER
#define ZOO_INPUTS 0
#define ZOO_OUTPUTS 0
#define ZOO_INTERFACES AL_INTERFACE_BROKER
#define ZOO_INTERFACE
#define ZOO_CREATE
#define ZOO_DESTROY
#include "zoo.h"

enum { broker_orders = 512, broker_fills = 4096, broker_instruments = 16 };
typedef struct broker {
  zoo base; /* start and stop see this part */
  uint32_t n_instruments, n_orders, n_fills;
  int64_t cash, position[broker_instruments], close[broker_instruments];
  struct {
    al_order_v1 order;
    int64_t remaining; /* signed */
    bool working;
  } orders[broker_orders];
  al_report_v1 fills[broker_fills];
} broker;

#ifndef ZOO_SEEN
static bool is_same(al_order_id_v1 a, al_order_id_v1 b) { return a.session == b.session && a.sequence == b.sequence; }
#endif
#ifndef ZOO_REMAINS
static int64_t remains_after(int64_t remaining, int64_t fill) { return remaining - fill; }
#endif
#ifndef ZOO_CHECK
static bool is_legal(const broker *b, const al_order_v1 *o) {
  if (o->instrument >= b->n_instruments || o->quantity == 0 || o->quantity == INT64_MIN) return false;
  if (o->time_in_force > AL_TIF_FOK) return false;
  if (o->type == AL_ORDER_MARKET) return true;
  return o->type == AL_ORDER_LIMIT && o->limit_price > 0;
}
#endif
#ifndef ZOO_CANCELLED
static bool ends_when_cancelled(void) { return true; }
#endif

static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  al_status status = zoo_make(host, args, out, err);
  if (status != AL_OK) return status;
  broker *made = calloc(1, sizeof *made);
  if (made == NULL) return zoo_fail(err, AL_E_INTERNAL, "no memory");
  made->base = *(zoo *)out->ctx;
  made->cash = 1000000 * AL_UNIT;
  free(out->ctx);
  out->ctx = made;
  return AL_OK;
}
static void destroy(void *ctx) { free(ctx); }

static al_status bind_broker(void *ctx, const al_universe_v1 *universe, const al_report_feed_v1 *feed, al_error_v1 *err) {
  (void)feed;
  if (universe->n > broker_instruments) return zoo_fail(err, AL_E_CONFIG, "at most 16 instruments");
  ((broker *)ctx)->n_instruments = universe->n;
  return AL_OK;
}

static al_status submit(void *ctx, const al_order_v1 *orders, uint32_t n, al_ack_v1 *acks, al_error_v1 *err) {
  broker *b = ctx;
  (void)err;
  for (uint32_t i = 0; i < n; i++) {
    acks[i] = (al_ack_v1){AL_OK, 0, 0};
    bool seen = false;
    for (uint32_t k = 0; k < b->n_orders; k++) seen = seen || is_same(b->orders[k].order.id, orders[i].id);
    if (seen) continue;
    if (!is_legal(b, &orders[i]) || b->n_orders == broker_orders) {
      acks[i].status = AL_E_REJECTED;
      continue;
    }
    b->orders[b->n_orders].order = orders[i];
    b->orders[b->n_orders].remaining = orders[i].quantity;
    b->orders[b->n_orders++].working = true;
  }
  return AL_OK;
}

static al_status cancel(void *ctx, const al_order_id_v1 *ids, uint32_t n, al_ack_v1 *acks, al_error_v1 *err) {
  broker *b = ctx;
  (void)err;
  for (uint32_t i = 0; i < n; i++) {
    acks[i] = (al_ack_v1){AL_E_REJECTED, 0, 0};
    for (uint32_t k = 0; k < b->n_orders; k++) {
      al_order_id_v1 id = b->orders[k].order.id;
      if (id.session != ids[i].session || id.sequence != ids[i].sequence || !b->orders[k].working) continue;
      b->orders[k].working = !ends_when_cancelled();
      acks[i].status = AL_OK;
    }
  }
  return AL_OK;
}

/* The signed quantity and the price of what an order trades in a bar; 0: nothing. */
static int64_t match(const broker *b, uint32_t k, const al_bars_v1 *bars, int64_t *price) {
  const al_order_v1 *o = &b->orders[k].order;
  int64_t left = b->orders[k].remaining, most = 10000 * AL_UNIT;
  *price = bars->open[o->instrument];
  if (o->type == AL_ORDER_LIMIT) {
    bool buys = o->quantity > 0;
    if (buys ? bars->low[o->instrument] > o->limit_price : bars->high[o->instrument] < o->limit_price) return 0;
    if (buys ? *price > o->limit_price : *price < o->limit_price) *price = o->limit_price;
  }
  int64_t part = left > most ? most : left < -most ? -most : left;
  return o->time_in_force == AL_TIF_FOK && part != left ? 0 : part;
}

static al_report_v1 report_of(const al_order_v1 *o, uint16_t kind, int64_t ts) {
  al_report_v1 r = {0};
  r.id = o->id;
  r.kind = kind;
  r.ts = ts;
  r.instrument = o->instrument;
  return r;
}

static al_status advance(void *ctx, const al_market_v1 *market, al_reports_v1 *out) {
  broker *b = ctx;
  uint32_t working = 0;
  for (uint32_t k = 0; k < b->n_orders; k++) working += b->orders[k].working;
  out->len = 0;
  out->needed = 0;
  if (out->cap < 2 * working) {
    out->needed = 2 * working;
    return AL_E_CAPACITY;
  }
  for (uint32_t k = 0; k < b->n_orders; k++) {
    if (!b->orders[k].working) continue;
    const al_order_v1 *o = &b->orders[k].order;
    int64_t price = 0, quantity = match(b, k, &market->bars, &price);
    if (quantity != 0 && b->n_fills < broker_fills) {
      b->orders[k].remaining = remains_after(b->orders[k].remaining, quantity);
      al_report_v1 r = report_of(o, AL_REPORT_FILL, market->as_of_ns);
      r.quantity = quantity;
      r.price = price;
      r.remaining = b->orders[k].remaining;
      r.execution[0] = 7;
      r.execution[1] = b->n_fills + 1;
      out->rows[out->len++] = b->fills[b->n_fills++] = r;
      b->position[o->instrument] += quantity;
    }
    if (b->orders[k].remaining == 0) {
      b->orders[k].working = false;
    } else if (o->time_in_force == AL_TIF_IOC || o->time_in_force == AL_TIF_FOK) {
      b->orders[k].working = false;
      out->rows[out->len++] = report_of(o, AL_REPORT_EXPIRED, market->as_of_ns);
    }
  }
  return AL_OK;
}

static al_status open_orders(void *ctx, al_reports_v1 *out, al_error_v1 *err) {
  broker *b = ctx;
  uint32_t working = 0;
  (void)err;
  for (uint32_t k = 0; k < b->n_orders; k++) working += b->orders[k].working;
  out->len = 0;
  out->needed = working > out->cap ? working : 0;
  if (working > out->cap) return AL_E_CAPACITY;
  for (uint32_t k = 0; k < b->n_orders; k++) {
    if (!b->orders[k].working) continue;
    out->rows[out->len] = report_of(&b->orders[k].order, AL_REPORT_WORKING, 0);
    out->rows[out->len++].remaining = b->orders[k].remaining;
  }
  return AL_OK;
}

static al_status executions(void *ctx, int64_t since, al_reports_v1 *out, al_error_v1 *err) {
  broker *b = ctx;
  (void)err;
  out->len = 0;
  out->needed = b->n_fills > out->cap ? b->n_fills : 0;
  if (b->n_fills > out->cap) return AL_E_CAPACITY;
  for (uint32_t i = 0; i < b->n_fills; i++)
    if (b->fills[i].ts >= since) out->rows[out->len++] = b->fills[i];
  return AL_OK;
}

static al_status positions(void *ctx, al_holdings_v1 *out, al_error_v1 *err) {
  broker *b = ctx;
  (void)err;
  out->len = 0;
  out->needed = out->cap < broker_instruments ? broker_instruments : 0;
  if (out->cap < broker_instruments) return AL_E_CAPACITY;
  for (uint32_t i = 0; i < broker_instruments; i++)
    if (b->position[i] != 0) out->rows[out->len++] = (al_holding_v1){i, 0, b->position[i], 0, {NULL, 0}};
  return AL_OK;
}

static al_status account(void *ctx, al_account_v1 *out, al_error_v1 *err) {
  (void)err;
  out->equity = out->cash = out->buying_power = ((broker *)ctx)->cash;
  memcpy(out->currency, "USD", 4);
  out->currency_len = 3;
  return AL_OK;
}

static const al_broker_v1 broker_table = {
  sizeof broker_table, AL_BROKER_SIMULATED, bind_broker, submit, cancel, NULL, advance, open_orders, executions, positions,
  account};
static const void *get_interface(void *ctx, const char *id) {
  (void)ctx;
  (void)&agent_table;
  (void)&state_table;
  return strcmp(id, AL_INTERFACE_BROKER) == 0 ? &broker_table : NULL;
}
