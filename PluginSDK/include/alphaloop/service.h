/* "alphaloop.service/1": listens to what happens; changes nothing. */
#ifndef ALPHALOOP_SERVICE_H
#define ALPHALOOP_SERVICE_H

#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AL_INTERFACE_SERVICE "alphaloop.service/1"

#define AL_NOTICE_SESSION ((uint32_t)1)   /* text: started, ended, phase */
#define AL_NOTICE_DECISION ((uint32_t)2)  /* one as-of time decided; a: equity, b: cash, c: gross */
#define AL_NOTICE_OUTPUT ((uint32_t)3)    /* agent's row: code kind, value */
#define AL_NOTICE_ORDER ((uint32_t)4)     /* code: AL_STATE_*; a: quantity, b: filled, c: price */
#define AL_NOTICE_FILL ((uint32_t)5)      /* a: quantity, b: price, c: fee */
#define AL_NOTICE_DENIAL ((uint32_t)6)    /* code: AL_DENY_*; a: the limit, b: what it would have been */
#define AL_NOTICE_HALT ((uint32_t)7)      /* code: AL_HALT_*; text: reason */
#define AL_NOTICE_PLUGIN ((uint32_t)8)    /* fault, refusal, restart, reload; text */
#define AL_NOTICE_HEALTH ((uint32_t)9)    /* connection state of a broker or source */

/* text lives until on_notices returns. */
typedef struct al_notice_v1 {
  uint64_t sequence;
  int64_t ts;
  uint32_t kind; /* AL_NOTICE_* */
  int32_t code;
  uint32_t instrument; /* host index or AL_NONE */
  uint32_t agent;      /* host index or AL_NONE */
  al_order_id_v1 order;
  int64_t a;
  int64_t b;
  int64_t c;
  al_str_v1 text;
} al_notice_v1;

typedef struct al_service_v1 {
  uint32_t size;
  uint32_t reserved;
  uint64_t kinds; /* bit k: wants AL_NOTICE_* k */
  /* [instance; started] On a thread of the host's, never the trade loop's; in order; a slow service loses its oldest
   * notices and is told how many. */
  al_status (*on_notices)(void *ctx, const al_notice_v1 *notices, uint32_t n, uint64_t lost, al_error_v1 *err);
} al_service_v1;

#ifdef __cplusplus
}
#endif
#endif
