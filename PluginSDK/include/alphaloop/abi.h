/* Alpha Loop plugin ABI: the rules that hold in every header, and the value types that cross everywhere.
 *
 * Layout     A published struct tag never changes: a new layout is a new tag (_v2). Every struct that stands alone starts
 *            with its own byte size, set by whoever fills it; rows of arrays do not, their layout is their tag.
 *            Swift unifies imported C structs by name in the whole process, which is why tags must not grow.
 * Ownership  No memory changes owner. A pointer passed to a function lives until that function returns, unless its comment
 *            says otherwise. Output goes into buffers of the caller. Strings are UTF-8 with a length, not terminated.
 * Threads    Every function says who may call it:
 *              [control]   one call at a time per library; any OS thread
 *              [instance]  exclusive per instance, never beside another call on that instance; any OS thread
 *              [any]       from any thread at any time while the instance is started
 *            and in which state: created -> bound -> started -> (stopped -> started)* -> destroyed.
 * Units      Money, prices and quantities of orders, fills and ledgers: int64_t in 1e-8 units. Analytics: double.
 *            Time: int64_t nanoseconds since 1970-01-01T00:00Z. A bar is stamped with the moment it is known (its close).
 * Errors     al_status: 0 success, above 0 information, below 0 failure. The code drives what the host does; the text in
 *            al_error_v1 is for people: what was being done, on which input, what is wrong, what to do.
 * Extending  Interfaces are asked for by string id in both directions ("alphaloop.agent/1"); unknown ids give NULL. */
#ifndef ALPHALOOP_ABI_H
#define ALPHALOOP_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AL_ABI_MAJOR ((uint32_t)1)
#define AL_ABI_MINOR ((uint32_t)0)
#define AL_SDK_VERSION ((uint32_t)100) /* 0.1.0 as major * 10000 + minor * 100 + patch */

#define AL_UNIT ((int64_t)100000000) /* one share, one unit of money */

typedef int32_t al_status;
#define AL_OK ((al_status)0)
#define AL_AGAIN ((al_status)1)           /* nothing now, more later */
#define AL_DONE ((al_status)2)            /* the end of a sequence */
#define AL_E_UNSUPPORTED ((al_status)-1)  /* this plugin does not do that */
#define AL_E_ARGUMENT ((al_status)-2)     /* the caller broke the contract */
#define AL_E_CONFIG ((al_status)-3)       /* a parameter is wrong; the text names it */
#define AL_E_STATE ((al_status)-4)        /* not legal in this state */
#define AL_E_CAPACITY ((al_status)-5)     /* output buffer too small; nothing changed, `needed` says how much */
#define AL_E_IO ((al_status)-6)           /* file, network, disk */
#define AL_E_AUTH ((al_status)-7)         /* credentials refused */
#define AL_E_REJECTED ((al_status)-8)     /* the other side said no */
#define AL_E_TIMEOUT ((al_status)-9)
#define AL_E_DATA ((al_status)-10)        /* foreign data broken; the text says where */
#define AL_E_CANCELLED ((al_status)-11)   /* the host asked to stop */
#define AL_E_INTERNAL ((al_status)-99)

#define AL_NONE ((uint32_t)0xffffffff) /* no instrument, or every instrument where a comment says so */

typedef struct al_str_v1 {
  const char *ptr;
  uint64_t len;
} al_str_v1;

/* The caller's buffer for an error text. A callee sets code and len (never above cap); it may leave both 0. */
typedef struct al_error_v1 {
  uint32_t size;
  al_status code;
  char *buf;
  uint32_t cap;
  uint32_t len;
  int64_t retry_after_ns; /* 0: no advice */
} al_error_v1;

/* Streams for state and models. write: takes all n bytes or fails. read: 1..cap bytes, 0 at the end, below 0 an error;
 * short reads are normal. Both are valid only during the call that received them. */
typedef struct al_sink_v1 {
  uint32_t size;
  uint32_t reserved;
  void *ctx;
  al_status (*write)(void *ctx, const void *bytes, uint64_t n);
} al_sink_v1;

typedef struct al_source_v1 {
  uint32_t size;
  uint32_t reserved;
  void *ctx;
  int64_t (*read)(void *ctx, void *bytes, uint64_t cap);
} al_source_v1;

/* Progress of long work. [any] during the call that received it. total 0: unknown. */
typedef struct al_progress_v1 {
  uint32_t size;
  uint32_t reserved;
  void *ctx;
  void (*report)(void *ctx, uint64_t done, uint64_t total, al_str_v1 label);
} al_progress_v1;

/* 128-bit order id: our own, the same for ever, whatever ids a broker gives. */
typedef struct al_order_id_v1 {
  uint64_t session;
  uint64_t sequence;
} al_order_id_v1;

#ifdef __cplusplus
}
#endif
#endif
