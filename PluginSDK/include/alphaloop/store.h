/* "alphaloop.store/1": bars as immutable segments, and small values by key. The order journal is the host's own. */
#ifndef ALPHALOOP_STORE_H
#define ALPHALOOP_STORE_H

#include "market.h"
#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AL_INTERFACE_STORE "alphaloop.store/1"

/* Names one series of bars. */
typedef struct al_series_v1 {
  uint32_t size;
  uint32_t reserved;
  al_str_v1 source;
  al_str_v1 symbol;
  int64_t interval_ns; /* 86400e9: daily */
} al_series_v1;

typedef struct al_segment_v1 {
  al_str_v1 source;
  al_str_v1 symbol;
  int64_t interval_ns;
  int64_t first_ns;
  int64_t last_ns;
  uint64_t n_rows;
  uint32_t crc32c;
  uint32_t sealed; /* 0: rows of the current day */
  al_str_v1 path;  /* "" when it is not a file */
} al_segment_v1;

typedef struct al_store_v1 {
  uint32_t size;
  uint32_t reserved;
  /* [instance; started] Upsert rows by (series, ts); durable when it returns AL_OK. seal 1: they become a segment. */
  al_status (*write_bars)(void *ctx, const al_series_v1 *series, const al_bars_v1 *rows, uint32_t seal, al_error_v1 *err);
  /* [instance; started] Rows with from <= ts < to (to 0: no bound), checksum verified. The columns live until release. */
  al_status (*read_bars)(void *ctx, const al_series_v1 *series, int64_t from_ns, int64_t to_ns, al_bars_v1 *out,
                         void **lease, al_error_v1 *err);
  /* [any] */
  void (*release)(void *ctx, void *lease);
  /* [instance; started] visit returns 0 to go on. Sorted by source, symbol, interval, first. */
  al_status (*segments)(void *ctx, void *visitor, int32_t (*visit)(void *visitor, const al_segment_v1 *segment),
                        al_error_v1 *err);
  /* [instance; started] A small value by (table, key); durable when it returns. value.ptr NULL deletes. */
  al_status (*put)(void *ctx, al_str_v1 table, al_str_v1 key, al_str_v1 value, al_error_v1 *err);
  /* AL_DONE: no such key. AL_E_CAPACITY: *len is needed. */
  al_status (*get)(void *ctx, al_str_v1 table, al_str_v1 key, char *buf, uint64_t cap, uint64_t *len, al_error_v1 *err);
  /* Keys with a prefix, in byte order. */
  al_status (*scan)(void *ctx, al_str_v1 table, al_str_v1 prefix, void *visitor,
                    int32_t (*visit)(void *visitor, al_str_v1 key, al_str_v1 value), al_error_v1 *err);
  /* [instance; started] Check everything; a damaged segment is AL_E_DATA and named. */
  al_status (*verify)(void *ctx, const al_progress_v1 *progress, al_error_v1 *err);
} al_store_v1;

#ifdef __cplusplus
}
#endif
#endif
