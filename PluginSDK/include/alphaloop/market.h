/* Market data as agents, brokers, stores and data sources see it. */
#ifndef ALPHALOOP_MARKET_H
#define ALPHALOOP_MARKET_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AL_ASSET_EQUITY ((uint32_t)1)
#define AL_ASSET_ETF ((uint32_t)2)
#define AL_ASSET_INDEX ((uint32_t)3) /* never tradable */
#define AL_ASSET_FX ((uint32_t)4)
#define AL_ASSET_CRYPTO ((uint32_t)5)
#define AL_ASSET_FUTURE ((uint32_t)6)
#define AL_ASSET_OPTION ((uint32_t)7)

#define AL_RIGHT_CALL ((uint32_t)1)
#define AL_RIGHT_PUT ((uint32_t)2)

#define AL_INSTRUMENT_TRADABLE ((uint32_t)1)
#define AL_INSTRUMENT_SHORTABLE ((uint32_t)2) /* a locate is at hand */

/* Reference data; constant for the life of the instance that received it. */
typedef struct al_instrument_v1 {
  uint32_t size;
  uint32_t index;   /* position in the universe it was received with */
  uint64_t uid;     /* permanent: survives renames and ticker reuse */
  uint32_t asset;   /* AL_ASSET_* */
  uint32_t flags;   /* AL_INSTRUMENT_* */
  int64_t tick;     /* smallest price step, 1e-8 */
  int64_t lot;      /* smallest quantity step, 1e-8 */
  int64_t multiplier; /* money per price unit and contract, 1e-8 */
  int64_t strike;     /* options, 1e-8 */
  int64_t expiry_ns;  /* options, futures */
  uint32_t right;     /* AL_RIGHT_* */
  uint32_t underlying; /* index in the same universe or AL_NONE */
  al_str_v1 symbol;
  al_str_v1 currency;
  al_str_v1 venue;
  al_str_v1 calendar;
  al_str_v1 sector;
} al_instrument_v1;

#define AL_COLUMN_OPEN ((uint32_t)1)
#define AL_COLUMN_HIGH ((uint32_t)2)
#define AL_COLUMN_LOW ((uint32_t)4)
#define AL_COLUMN_CLOSE ((uint32_t)8)
#define AL_COLUMN_VOLUME ((uint32_t)16)

/* The history of one instrument: rows first .. first+count-1 of each column, oldest first, one row a bar of that
 * instrument. Host memory, read-only, the same addresses for the life of the instance; rows at or after first+count hold
 * nothing of the future. At least min(lookback, bars so far) rows; may be more, so use the last `lookback`, never "all".
 * A column the series does not have is NULL (close-only series: open, high, low, volume). A missing value is NaN. */
typedef struct al_window_v1 {
  const int64_t *ts; /* ns UTC, the moment each bar was known */
  const double *open;
  const double *high;
  const double *low;
  const double *close;
  const double *volume;
  uint32_t first;
  uint32_t count;
  uint32_t columns; /* AL_COLUMN_* present */
  uint32_t total;   /* bars so far, saturating */
} al_window_v1;

/* Rows of one or many instruments as columns in fixed point. `instrument` NULL: row i is instrument i. Rows are sorted by
 * ts, then instrument. A missing column is NULL. */
typedef struct al_bars_v1 {
  uint32_t size;
  uint32_t columns; /* AL_COLUMN_* */
  uint64_t n;
  const int64_t *ts;
  const uint32_t *instrument;
  const int64_t *open;
  const int64_t *high;
  const int64_t *low;
  const int64_t *close;
  const int64_t *volume;
} al_bars_v1;

/* ts 0: none yet. Sizes in units. */
typedef struct al_quote_v1 {
  int64_t ts;
  double bid;
  double ask;
  double bid_size;
  double ask_size;
} al_quote_v1;

typedef struct al_trade_v1 {
  int64_t ts;
  uint32_t instrument;
  uint32_t flags;
  double price;
  double size;
} al_trade_v1;

/* One published value: of an instrument (fundamentals) or a series (macro). Restatements and revisions are further rows
 * with a later known_ns; earlier reads never change. */
typedef struct al_fact_v1 {
  uint32_t instrument; /* universe index; 0 for macro */
  uint32_t field;      /* index into the table's names */
  int64_t period_ns;   /* end of the period or observation date */
  int64_t known_ns;    /* first moment it could be known */
  double value;
} al_fact_v1;

/* Sorted by (instrument, field, period, known). Rows of instrument i: offsets[i] .. offsets[i+1]-1. */
typedef struct al_facts_v1 {
  uint32_t size;
  uint32_t n_names;
  uint64_t n_rows;
  const al_str_v1 *names; /* field names ("eps") or series ids ("T10Y3M") */
  const al_fact_v1 *rows;
  const uint32_t *offsets; /* n_instruments + 1; for macro 2 */
} al_facts_v1;

typedef struct al_option_v1 {
  uint32_t underlying; /* universe index */
  uint32_t right;      /* AL_RIGHT_* */
  int64_t ts;
  int64_t expiry_ns;
  double strike;
  double bid;
  double ask;
  double last;
  double implied_volatility; /* NaN when the vendor gives none */
  double open_interest;
  double volume;
} al_option_v1;

typedef struct al_news_v1 {
  uint32_t instrument; /* universe index or AL_NONE */
  uint32_t flags;
  int64_t published_ns;
  int64_t known_ns;
  double sentiment; /* the vendor's, NaN when none */
  al_str_v1 id;
  al_str_v1 source;
  al_str_v1 headline;
  al_str_v1 body;
} al_news_v1;

#define AL_EVENT_EARNINGS ((uint32_t)1)      /* value: EPS, value2: consensus */
#define AL_EVENT_DIVIDEND ((uint32_t)2)      /* value: cash per share */
#define AL_EVENT_SPLIT ((uint32_t)3)         /* value: new shares per old */
#define AL_EVENT_FILING ((uint32_t)4)        /* subject: form type, text: body */
#define AL_EVENT_INSIDER_TRADE ((uint32_t)5) /* subject: person, value: signed shares, value2: price */
#define AL_EVENT_RENAME ((uint32_t)6)        /* subject: new symbol */
#define AL_EVENT_DELISTING ((uint32_t)7)     /* value: final price */
#define AL_EVENT_TRADING_HALT ((uint32_t)8)
#define AL_EVENT_TRADING_RESUME ((uint32_t)9)
#define AL_EVENT_OTHER ((uint32_t)100)

typedef struct al_event_v1 {
  uint32_t instrument; /* universe index or AL_NONE */
  uint32_t kind;       /* AL_EVENT_* */
  int64_t event_ns;    /* when it happens or happened (ex-date, trade date) */
  int64_t known_ns;
  double value;
  double value2;
  al_str_v1 subject;
  al_str_v1 text;
} al_event_v1;

/* The trading session that as-of time belongs to, in UTC. 0 where unknown. */
typedef struct al_session_v1 {
  uint32_t size;
  uint32_t early_close; /* 0 or 1 */
  int64_t date_ns;      /* 00:00 UTC of the session's date */
  int64_t open_ns;
  int64_t close_ns;
  int64_t previous_date_ns;
  int64_t next_date_ns; /* from the calendar, never from data */
} al_session_v1;

#ifdef __cplusplus
}
#endif
#endif
