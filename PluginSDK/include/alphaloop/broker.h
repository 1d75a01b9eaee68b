/* "alphaloop.broker/1": takes orders, reports facts. */
#ifndef ALPHALOOP_BROKER_H
#define ALPHALOOP_BROKER_H

#include "agent.h"
#include "order.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AL_INTERFACE_BROKER "alphaloop.broker/1"

#define AL_CONNECTION_DOWN ((uint32_t)0)
#define AL_CONNECTION_UP ((uint32_t)1)
#define AL_CONNECTION_DEGRADED ((uint32_t)2)

/* The layers of a connection, each with a health of its own: AL_REPORT_CONNECTION names one in broker_id, its state in code,
 * the broker's own number in quantity, and says in text what happened. While the socket or the session is not up nothing new
 * is risked; each time the session is reported up, also again, the host reconciles before it sends anything. */
#define AL_LAYER_SOCKET ((int64_t)1)
#define AL_LAYER_SESSION ((int64_t)2)      /* the gateway to the broker's servers */
#define AL_LAYER_FARM ((int64_t)3)         /* servers of market data */
#define AL_LAYER_SUBSCRIPTION ((int64_t)4) /* streams that were asked for */

#define AL_BROKER_SIMULATED ((uint32_t)1)          /* advance drives it; no reports come by themselves */
/* Execution ids of this instance: {tag, n} with n rising, never again. Each fill is final, its fee included: a CORRECTION or
 * FEE of such a broker fits nothing and is left to reconciliation. A broker that may correct leaves the flag out. */
#define AL_BROKER_ORDERED_EXECUTIONS ((uint32_t)2)
#define AL_BROKER_REPLACES ((uint32_t)4)

/* Market data of one as-of time for a simulated broker; rows as al_bars_v1, all with the same ts. */
typedef struct al_market_v1 {
  uint32_t size;
  uint32_t session_flags; /* AL_MARKET_* */
  int64_t as_of_ns;
  al_bars_v1 bars;
  const al_quote_v1 *const *quotes; /* [universe], NULL: none */
} al_market_v1;

#define AL_MARKET_SESSION_OPENS ((uint32_t)1)  /* first bars of a session */
#define AL_MARKET_SESSION_CLOSES ((uint32_t)2) /* last bars of a session: DAY orders end */
#define AL_MARKET_CLOSE_ONLY ((uint32_t)4)     /* no open: market orders fill at this close */
#define AL_MARKET_SAME_CLOSE ((uint32_t)8)     /* second pass: fill new market orders at this same close */

/* Where a connected broker pushes facts. [any] from its own threads; copied before it returns. Facts are never dropped: it
 * blocks while the inbox is full. Lives until destroy has returned; a push after stop is refused with AL_E_STATE. */
typedef struct al_report_feed_v1 {
  uint32_t size;
  uint32_t reserved;
  void *ctx;
  al_status (*push)(void *ctx, const al_report_v1 *reports, uint32_t n);
} al_report_feed_v1;

typedef struct al_holding_v1 {
  uint32_t instrument; /* universe index; AL_NONE: not in the universe, see symbol */
  uint32_t reserved;
  int64_t quantity;
  int64_t average_cost;
  al_str_v1 symbol; /* valid until the next call on the instance */
} al_holding_v1;

typedef struct al_holdings_v1 {
  uint32_t size;
  uint32_t cap;
  uint32_t len;
  uint32_t needed;
  al_holding_v1 *rows;
} al_holdings_v1;

typedef struct al_account_v1 {
  uint32_t size;
  uint32_t currency_len;
  int64_t equity;
  int64_t cash;
  int64_t buying_power;
  char currency[8];
  char account[24]; /* zero padded */
} al_account_v1;

typedef struct al_broker_v1 {
  uint32_t size;
  uint32_t flags; /* AL_BROKER_* */
  /* [control; created] The instruments that orders will name, and where pushed facts go (NULL for simulated ones). */
  al_status (*bind)(void *ctx, const al_universe_v1 *universe, const al_report_feed_v1 *feed, al_error_v1 *err);
  /* [instance; started] Send n orders. Idempotent on the order id: an id seen before is answered as it stands and nothing
   * is sent again. acks[n] are filled. A failure status means: none of them was sent. */
  al_status (*submit)(void *ctx, const al_order_v1 *orders, uint32_t n, al_ack_v1 *acks, al_error_v1 *err);
  /* [instance; started] An id of session 0 and the broker's number as sequence names an order that is not ours; a broker that
   * cannot cancel such answers AL_E_UNSUPPORTED or AL_E_REJECTED in its ack. A connected broker answers AL_AGAIN and pushes
   * the end in its place among the facts: an AL_OK here would overtake fills that wait to be told. */
  al_status (*cancel)(void *ctx, const al_order_id_v1 *ids, uint32_t n, al_ack_v1 *acks, al_error_v1 *err);
  /* [instance; started] New total quantity, limit and stop under the same id. NULL or AL_E_UNSUPPORTED: cancel instead. */
  al_status (*replace)(void *ctx, const al_order_v1 *orders, uint32_t n, al_ack_v1 *acks, al_error_v1 *err);
  /* [instance; started] Simulated brokers: match against this market, in order of acceptance; NULL for connected ones.
   * AL_E_CAPACITY: nothing happened, repeat with `needed` room. */
  al_status (*advance)(void *ctx, const al_market_v1 *market, al_reports_v1 *out);
  /* [instance; started] Every order that the broker knows of: a row AL_REPORT_WORKING for each that works now, ours and others
   * (one id twice when it works twice; quantity: the total, signed; text: symbol and reference), and for orders of ours that
   * ended without being filled in full a row of how (CANCELLED, REJECTED, EXPIRED). AL_E_TIMEOUT is not "none". */
  al_status (*open_orders)(void *ctx, al_reports_v1 *out, al_error_v1 *err);
  /* [instance; started] Executions since a time, ours and others: AL_REPORT_FILL rows, and CORRECTION and FEE rows that go with
   * them. */
  al_status (*executions)(void *ctx, int64_t since_ns, al_reports_v1 *out, al_error_v1 *err);
  /* [instance; started] */
  al_status (*positions)(void *ctx, al_holdings_v1 *out, al_error_v1 *err);
  al_status (*account)(void *ctx, al_account_v1 *out, al_error_v1 *err);
} al_broker_v1;

#ifdef __cplusplus
}
#endif
#endif
