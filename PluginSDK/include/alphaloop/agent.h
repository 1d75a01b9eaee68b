/* "alphaloop.agent/1": sees a universe at one as-of time, answers with rows. */
#ifndef ALPHALOOP_AGENT_H
#define ALPHALOOP_AGENT_H

#include "market.h"
#include "order.h"
#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AL_INTERFACE_AGENT "alphaloop.agent/1"

/* Why an evaluation happens; a mask. */
#define AL_CAUSE_BAR ((uint32_t)1)    /* a bar of an instrument of the universe, within a batch of equal times */
#define AL_CAUSE_PANEL ((uint32_t)2)  /* every bar of this as-of time is in */
#define AL_CAUSE_QUOTE ((uint32_t)4)
#define AL_CAUSE_TRADE ((uint32_t)8)
#define AL_CAUSE_FACT ((uint32_t)16)  /* fundamentals, macro, options, news, events */
#define AL_CAUSE_ORDER ((uint32_t)32) /* own orders changed */
#define AL_CAUSE_TIMER ((uint32_t)64)
#define AL_CAUSE_WORK ((uint32_t)128) /* a new parent quantity to work */

/* What an instance needs, given its parameters and universe. */
typedef struct al_needs_v1 {
  uint32_t size;
  uint32_t triggers; /* AL_CAUSE_* it wants to be evaluated for; AL_CAUSE_BAR only with a universe of one instrument */
  uint32_t lookback; /* rows of history, at least 1 when it reads bars */
  uint32_t warm_up;  /* bars before it can answer; it abstains until then */
  uint32_t columns;  /* AL_COLUMN_* it reads */
  uint32_t reserved;
} al_needs_v1;

typedef struct al_universe_v1 {
  uint32_t size;
  uint32_t n;
  const al_instrument_v1 *const *instruments; /* lives as long as the instance */
} al_universe_v1;

/* Reasons of abstentions and vetoes. Custom ones are named by the descriptor. */
#define AL_REASON_NONE ((uint32_t)0)
#define AL_REASON_WARM_UP ((uint32_t)1)            /* too little history */
#define AL_REASON_MISSING_CAPABILITY ((uint32_t)2) /* an input was not granted, or the series lacks a column */
#define AL_REASON_STALE ((uint32_t)3)              /* the newest row is older than this as-of time allows */
#define AL_REASON_INVALID_DATA ((uint32_t)4)       /* NaN, infinite, or a price at or below zero */
#define AL_REASON_ZERO_VOLUME ((uint32_t)5)
#define AL_REASON_NO_SIGNAL ((uint32_t)6)          /* the idea has nothing to say now */
#define AL_REASON_DEGENERATE ((uint32_t)7)         /* zero variance, singular matrix */
#define AL_REASON_NOT_APPLICABLE ((uint32_t)8)     /* this instrument is outside the idea */
#define AL_REASON_CUSTOM ((uint32_t)1000)

#define AL_ROW_VIEW ((uint16_t)1)       /* value: score in [-1, 1]; confidence in [0, 1]; time_ns: horizon */
#define AL_ROW_WEIGHT ((uint16_t)2)     /* value: target weight of equity; AL_NONE instrument is not legal */
#define AL_ROW_QUANTITY ((uint16_t)3)   /* quantity: target position, signed */
#define AL_ROW_MULTIPLIER ((uint16_t)4) /* value: exposure multiplier in [0, 1]; AL_NONE: the whole book */
#define AL_ROW_VETO ((uint16_t)5)       /* reason; AL_NONE: every new risk */
#define AL_ROW_ORDER ((uint16_t)6)      /* quantity, order_type, time_in_force, limit/stop; time_ns: release time, 0 now */
#define AL_ROW_ESTIMATE ((uint16_t)7)   /* label, value; AL_NONE: of no instrument */
#define AL_ROW_ABSTAIN ((uint16_t)8)    /* reason; AL_NONE: whole universe. Not the same as a score of 0 */
#define AL_ROW_AGENT_WEIGHT ((uint16_t)9) /* instrument: agent index of al_views_v1; value in [0, 1] */
#define AL_ROW_HALT ((uint16_t)10)      /* asks for AL_HALT_* in label; the host may only tighten */

/* One answer, 64 bytes. Fields that a kind does not name are 0. */
typedef struct al_row_v1 {
  uint16_t kind; /* AL_ROW_* */
  uint8_t order_type;
  uint8_t time_in_force;
  uint32_t instrument; /* universe index, or AL_NONE */
  uint32_t reason;
  uint32_t label; /* estimate index, or the agent's own tag of an order */
  double value;
  double confidence;
  int64_t time_ns;
  int64_t quantity;
  int64_t limit_price;
  int64_t stop_price;
} al_row_v1;

/* Caller's buffer. When cap is short: return AL_E_CAPACITY with needed set, change nothing, write nothing. The host repeats
 * the call with room. cap is always at least max_rows * n_instruments + 1. */
typedef struct al_output_v1 {
  uint32_t size;
  uint32_t cap;
  uint32_t len;
  uint32_t needed;
  al_row_v1 *rows;
} al_output_v1;

/* Another agent as readers of AL_IN_VIEWS see it: who it is, and its record so far. */
typedef struct al_agent_record_v1 {
  al_str_v1 instance;
  al_str_v1 id;
  uint32_t tier;
  uint32_t wins;   /* closed round trips with a profit after fees */
  uint32_t losses;
  uint32_t reserved;
  double weight;       /* current vote weight */
  double sum_win;      /* of returns on notional */
  double sum_loss;     /* absolute */
  double last_return;  /* since the last panel: sum of previous score x return, per unit of absolute score; NaN: no view */
  int64_t realised;
  int64_t unrealised;
  int64_t fees;
} al_agent_record_v1;

typedef struct al_view_v1 {
  uint32_t agent; /* index into records */
  uint32_t reserved;
  al_row_v1 row; /* instrument: index in the reader's universe */
} al_view_v1;

/* Rows of the stages that ran before the reader's own at this as-of time, sorted by (agent, instrument, kind). */
typedef struct al_views_v1 {
  uint32_t size;
  uint32_t n_agents;
  uint64_t n_rows;
  const al_agent_record_v1 *records;
  const al_view_v1 *rows;
} al_views_v1;

/* Everything an evaluation may read. A capability that was not granted, or for which there is no data source, is NULL.
 * Only facts with knowledge time <= as_of_ns appear. Arrays `x, n_x` are what is new since the last evaluation for trades
 * and order_updates; everything known and still kept for the others. */
typedef struct al_input_v1 {
  uint32_t size;
  uint32_t cause;
  int64_t as_of_ns;
  uint64_t sequence; /* evaluations of this instance before this one */
  uint64_t timer;    /* token, with AL_CAUSE_TIMER */
  uint32_t n_instruments;
  uint32_t n_trades;
  uint32_t n_options;
  uint32_t n_news;
  uint32_t n_events;
  uint32_t n_order_updates;
  uint32_t n_work;
  uint32_t reserved;
  const al_window_v1 *const *windows; /* [n_instruments], constant for the life of the instance */
  const al_quote_v1 *const *quotes;   /* [n_instruments] */
  const al_trade_v1 *trades;
  const al_facts_v1 *fundamentals;
  const al_facts_v1 *macro;
  const al_option_v1 *options; /* sorted by underlying, expiry, strike, right */
  const al_news_v1 *news;      /* sorted by known time */
  const al_event_v1 *events;   /* sorted by known time */
  const al_portfolio_v1 *portfolio;
  const al_order_update_v1 *order_updates;
  const al_work_v1 *work;
  const al_views_v1 *views;
  const al_session_v1 *session;
} al_input_v1;

typedef struct al_agent_v1 {
  uint32_t size;
  uint32_t reserved;
  /* [control; created] Learn the universe, say what is needed. Once. */
  al_status (*bind)(void *ctx, const al_universe_v1 *universe, al_needs_v1 *needs, al_error_v1 *err);
  /* [instance; started] Deterministic in (state, input). No allocation, no I/O, no clock. Output holds until the next
   * evaluation that returns rows of the same kind for that instrument; no row means: as before. */
  al_status (*evaluate)(void *ctx, const al_input_v1 *input, al_output_v1 *output);
} al_agent_v1;

#ifdef __cplusplus
}
#endif
#endif
