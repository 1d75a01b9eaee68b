/* "alphaloop.data/1": history by query, and live feeds. */
#ifndef ALPHALOOP_DATA_H
#define ALPHALOOP_DATA_H

#include "agent.h"
#include "market.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AL_INTERFACE_DATA "alphaloop.data/1"

#define AL_DATA_BARS ((uint32_t)1)
#define AL_DATA_QUOTES ((uint32_t)2)
#define AL_DATA_TRADES ((uint32_t)3)
#define AL_DATA_FUNDAMENTALS ((uint32_t)4)
#define AL_DATA_MACRO ((uint32_t)5)
#define AL_DATA_OPTIONS ((uint32_t)6)
#define AL_DATA_NEWS ((uint32_t)7)
#define AL_DATA_EVENTS ((uint32_t)8)

/* What to read. `to_ns` is exclusive; 0 means no bound. Symbols in the caller's order: row instruments are indices into it;
 * an empty list asks for every symbol there is, and the batch names them. */
typedef struct al_query_v1 {
  uint32_t size;
  uint32_t kind; /* AL_DATA_* */
  int64_t from_ns;
  int64_t to_ns;
  int64_t interval_ns; /* bars: length; 0: as stored */
  uint32_t n_symbols;
  uint32_t reserved;
  const al_str_v1 *symbols;
  al_str_v1 options_json; /* source-specific; "" when none */
} al_query_v1;

/* A row that could not be used. line 0: not from a text file. */
typedef struct al_fault_v1 {
  uint64_t line;
  al_str_v1 where; /* file or request */
  al_str_v1 what;
} al_fault_v1;

/* One step of an answer; everything in it lives until the next call on the same cursor. Rows are sorted by known time
 * within and across batches; facts within a batch as al_facts_v1 says. Exactly the member that `kind` names is filled. */
typedef struct al_batch_v1 {
  uint32_t size;
  uint32_t kind;
  uint32_t n_symbols; /* names of the instruments in the rows, when the query named none; else 0 */
  uint32_t n_faults;
  const al_str_v1 *symbols;
  const al_fault_v1 *faults;
  uint64_t n_rows;
  al_bars_v1 bars;
  const al_quote_v1 *quotes;
  const uint32_t *quote_instruments;
  const al_trade_v1 *trades;
  const al_facts_v1 *facts;
  const al_option_v1 *options;
  const al_news_v1 *news;
  const al_event_v1 *events;
} al_batch_v1;

/* Where a live feed pushes. [any] from the source's own threads between subscribe and unsubscribe; copied before it
 * returns. AL_AGAIN: the inbox is full, the batch was dropped and counted; the source decides whether to repeat. */
typedef struct al_feed_v1 {
  uint32_t size;
  uint32_t reserved;
  void *ctx;
  al_status (*push)(void *ctx, const al_batch_v1 *batch);
  /* state AL_CONNECTION_*; text for people */
  void (*health)(void *ctx, uint32_t state, al_str_v1 text);
} al_feed_v1;

typedef struct al_data_v1 {
  uint32_t size;
  uint32_t kinds; /* bit k: AL_DATA_* k can be queried */
  /* [instance; started] A cursor, to be closed. */
  al_status (*open)(void *ctx, const al_query_v1 *query, void **cursor, al_error_v1 *err);
  /* [instance; started] AL_OK: *out is filled (maybe with faults only). AL_DONE: no more. AL_E_DATA with policy `fail`. */
  al_status (*next)(void *ctx, void *cursor, al_batch_v1 *out, al_error_v1 *err);
  /* [instance; started or stopped] */
  void (*close)(void *ctx, void *cursor);
  /* [instance; started] Push new rows to the feed from now on; NULL where the source has no live side. The feed's table
   * lives until unsubscribe returns. */
  al_status (*subscribe)(void *ctx, const al_query_v1 *query, const al_feed_v1 *feed, void **subscription, al_error_v1 *err);
  al_status (*unsubscribe)(void *ctx, void *subscription, al_error_v1 *err);
} al_data_v1;

#ifdef __cplusplus
}
#endif
#endif
