/* "alphaloop.policy/1": stage 4, turns weights into quantities. May only tighten. */
#ifndef ALPHALOOP_POLICY_H
#define ALPHALOOP_POLICY_H

#include "agent.h"
#include "order.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AL_INTERFACE_POLICY "alphaloop.policy/1"

/* One target. in: everything but quantity when is_quantity is 0. out: quantity (signed target position) and reason. With
 * is_quantity 1 the incoming quantity may only come closer to zero or to the held position. */
typedef struct al_target_v1 {
  uint32_t instrument; /* universe index */
  uint32_t is_quantity;
  double weight;     /* signed share of equity, multipliers applied */
  double confidence; /* [0, 1] */
  double volatility; /* annualised, NaN: not enough history */
  int64_t price;     /* last, 1e-8 */
  int64_t lot;
  int64_t multiplier;
  int64_t held;      /* position now */
  int64_t committed; /* with working orders */
  int64_t quantity;  /* in and out */
  uint32_t reason;   /* out: AL_REASON_*, 0 none */
  uint32_t reserved;
} al_target_v1;

typedef struct al_sizing_v1 {
  uint32_t size;
  uint32_t n;
  int64_t as_of_ns;
  int64_t equity;
  int64_t cash;
  al_target_v1 *targets;
} al_sizing_v1;

typedef struct al_policy_v1 {
  uint32_t size;
  uint32_t reserved;
  /* [instance; started] Deterministic, no allocation. After an error, whatever stands in the targets, nothing is opened or
   * enlarged; positions are only closed. */
  al_status (*size_targets)(void *ctx, al_sizing_v1 *sizing, al_error_v1 *err);
} al_policy_v1;

#ifdef __cplusplus
}
#endif
#endif
