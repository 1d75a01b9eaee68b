/* What the host gives every instance: time, randomness, logs, metrics, secrets, timers, and the wish to stop.
 * A plugin never reads a clock or a random device of its own: backtest, replay and live would differ. */
#ifndef ALPHALOOP_HOST_H
#define ALPHALOOP_HOST_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AL_MODE_BACKTEST ((uint32_t)1)
#define AL_MODE_SIMULATION ((uint32_t)2)
#define AL_MODE_PAPER ((uint32_t)3)
#define AL_MODE_LIVE ((uint32_t)4)
#define AL_MODE_VALIDATE ((uint32_t)5)

#define AL_LOG_DEBUG ((int32_t)0)
#define AL_LOG_INFO ((int32_t)1)
#define AL_LOG_WARNING ((int32_t)2)
#define AL_LOG_ERROR ((int32_t)3)

#define AL_METRIC_COUNTER ((int32_t)1) /* metric_set adds */
#define AL_METRIC_GAUGE ((int32_t)2)   /* metric_set replaces */

/* Owned by the host; lives until destroy() of the instance it was given to has returned. After stop() every call but log
 * answers AL_E_STATE (or 0) and is counted as a late callback. */
typedef struct al_host_v1 {
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t mode; /* AL_MODE_* */
  void *ctx;
  /* [any] The as-of time: virtual in a backtest or replay. ns UTC. */
  int64_t (*now)(void *ctx);
  /* [instance] 64 uniform bits of this instance's own stream number `stream`; the sequence depends on the run's seed, the
   * instance name and the stream only, and is part of the saved state. */
  uint64_t (*random)(void *ctx, uint64_t stream);
  /* [any] level AL_LOG_*. Text is copied. Secrets that the host granted are redacted by value. */
  void (*log)(void *ctx, int32_t level, al_str_v1 message);
  /* [control] in create or start: a handle >= 0 for a metric name, below 0 an error. Same name, same handle. */
  int32_t (*metric)(void *ctx, al_str_v1 name, int32_t kind);
  /* [any] no lock, no allocation. */
  void (*metric_set)(void *ctx, int32_t handle, double value);
  /* [control] A secret that the manifest grants to this instance. AL_E_AUTH: not granted. AL_E_CAPACITY: *len is needed.
   * The plugin must not keep it longer than it needs it. */
  al_status (*secret)(void *ctx, al_str_v1 name, char *buf, uint64_t cap, uint64_t *len);
  /* [instance] Ask to be evaluated at host time at_ns with AL_CAUSE_TIMER and this token. A time in the past fires at the
   * next event. At most 64 are pending per instance: more is AL_E_CAPACITY. Timers are part of the saved state. */
  al_status (*timer)(void *ctx, int64_t at_ns, uint64_t token);
  /* [any] 1 when the host wants long calls to return soon with AL_E_CANCELLED. */
  int32_t (*stopping)(void *ctx);
  /* [any] Further services by id, or NULL. */
  const void *(*get_interface)(void *ctx, const char *id);
} al_host_v1;

#ifdef __cplusplus
}
#endif
#endif
