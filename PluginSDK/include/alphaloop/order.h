/* Orders, fills and positions. Quantities are signed: above 0 buys. Money 1e-8. */
#ifndef ALPHALOOP_ORDER_H
#define ALPHALOOP_ORDER_H

#include "abi.h"
#include "market.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AL_ORDER_MARKET ((uint8_t)0)
#define AL_ORDER_LIMIT ((uint8_t)1)
#define AL_ORDER_STOP ((uint8_t)2)
#define AL_ORDER_STOP_LIMIT ((uint8_t)3)
#define AL_ORDER_TRAILING_STOP ((uint8_t)4)  /* stop_price: offset, or trail_ppm */
#define AL_ORDER_MARKET_ON_OPEN ((uint8_t)5)
#define AL_ORDER_LIMIT_ON_OPEN ((uint8_t)6)
#define AL_ORDER_MARKET_ON_CLOSE ((uint8_t)7)
#define AL_ORDER_LIMIT_ON_CLOSE ((uint8_t)8)

#define AL_TIF_DAY ((uint8_t)0)
#define AL_TIF_GTC ((uint8_t)1)
#define AL_TIF_IOC ((uint8_t)2)
#define AL_TIF_FOK ((uint8_t)3)
#define AL_TIF_GTD ((uint8_t)4) /* until expire_ns */

/* Life of an order, as the host's order machine names it. */
#define AL_STATE_INTENDED ((uint8_t)0)
#define AL_STATE_SUBMITTED ((uint8_t)1)
#define AL_STATE_ACCEPTED ((uint8_t)2)
#define AL_STATE_PARTIALLY_FILLED ((uint8_t)3)
#define AL_STATE_FILLED ((uint8_t)4)
#define AL_STATE_CANCEL_PENDING ((uint8_t)5)
#define AL_STATE_REPLACE_PENDING ((uint8_t)6)
#define AL_STATE_CANCELLED ((uint8_t)7)
#define AL_STATE_REJECTED ((uint8_t)8)
#define AL_STATE_EXPIRED ((uint8_t)9)
#define AL_STATE_DENIED ((uint8_t)10)
#define AL_STATE_UNKNOWN ((uint8_t)11)

#define AL_ORDER_REDUCE_ONLY ((uint16_t)1)
#define AL_ORDER_OUTSIDE_HOURS ((uint16_t)2)

/* What goes to a broker. */
typedef struct al_order_v1 {
  al_order_id_v1 id;
  uint32_t instrument; /* index in the broker's bound universe */
  uint8_t type;        /* AL_ORDER_* */
  uint8_t time_in_force;
  uint16_t flags; /* AL_ORDER_REDUCE_ONLY, ... */
  int64_t quantity;    /* signed, 1e-8 */
  int64_t limit_price; /* 0: none */
  int64_t stop_price;  /* trigger, or trailing offset */
  int64_t trail_ppm;   /* trailing offset in parts per million of price, 0: use stop_price */
  int64_t expire_ns;   /* GTD */
  int64_t decided_ns;  /* as-of time of the decision */
  uint64_t group;      /* one-cancels-all or bracket group, 0: none */
} al_order_v1;

/* The direct answer to submit, cancel or replace, one a row. AL_OK: accepted by the broker (evidence). AL_AGAIN: sent, a
 * report follows. Below 0: refused; nothing is working. AL_E_TIMEOUT: unknown, the host will ask. */
typedef struct al_ack_v1 {
  al_status status;
  int32_t code;      /* the broker's own number */
  int64_t broker_id; /* alias of this connection, 0: none yet */
} al_ack_v1;

#define AL_REPORT_ACCEPTED ((uint16_t)1)
#define AL_REPORT_REJECTED ((uint16_t)2)
#define AL_REPORT_FILL ((uint16_t)3)
#define AL_REPORT_CANCELLED ((uint16_t)4)
#define AL_REPORT_CANCEL_REJECTED ((uint16_t)5)
#define AL_REPORT_REPLACED ((uint16_t)6)
#define AL_REPORT_REPLACE_REJECTED ((uint16_t)7)
#define AL_REPORT_EXPIRED ((uint16_t)8)
#define AL_REPORT_TRIGGERED ((uint16_t)9)  /* a stop became live */
#define AL_REPORT_CORRECTION ((uint16_t)10) /* execution `execution` now has this quantity and price; 0 quantity: busted */
#define AL_REPORT_FEE ((uint16_t)11)        /* fee of `execution` is now `fee` */
#define AL_REPORT_CONNECTION ((uint16_t)12) /* code: AL_CONNECTION_* */
#define AL_REPORT_WORKING ((uint16_t)13)    /* answer of open_orders: it is working with `remaining` */

/* One fact from a broker. Duplicates and any order are legal: the host deduplicates fills by execution id for ever. */
typedef struct al_report_v1 {
  al_order_id_v1 id;     /* {0,0}: not ours; broker_id then names it */
  int64_t ts;            /* the broker's time, ns UTC */
  int64_t broker_id;
  uint64_t execution[2]; /* 128-bit id of a fill; {0,0}: none */
  int64_t quantity;      /* fill: signed; replaced: new total */
  int64_t price;         /* fill price or new limit */
  int64_t fee;           /* money, above 0 is paid */
  int64_t remaining;     /* what still works after this, -1: unknown */
  uint32_t instrument;
  uint16_t kind;         /* AL_REPORT_* */
  uint16_t reserved;
  int32_t code;
  uint32_t text_len;
  const char *text; /* pushed: valid during the push; asked for: until the next call on the instance */
} al_report_v1;

/* size, cap and rows set by the caller; len (and needed, when cap was short) by the callee. */
typedef struct al_reports_v1 {
  uint32_t size;
  uint32_t cap;
  uint32_t len;
  uint32_t needed;
  al_report_v1 *rows;
} al_reports_v1;

/* One instrument of the account, and of the reading agent's own share. */
typedef struct al_position_v1 {
  uint32_t instrument;
  uint32_t flags;
  int64_t quantity;     /* account, signed */
  int64_t committed;    /* quantity plus everything working */
  int64_t average_cost; /* per unit, 1e-8 */
  int64_t last;         /* last mark */
  int64_t realised;
  int64_t unrealised;
  int64_t fees;
} al_position_v1;

typedef struct al_portfolio_v1 {
  uint32_t size;
  uint32_t n_positions;        /* instruments of this universe, flat ones too */
  const al_position_v1 *const *positions; /* bind order */
  int64_t equity;
  int64_t cash;
  int64_t peak_equity;
  int64_t day_start_equity;
  int64_t initial_cash;
  int64_t gross; /* sum of absolute market values */
  int64_t net;
  uint32_t n_open; /* instruments with a position, whole account */
  uint32_t halt;   /* AL_HALT_* */
} al_portfolio_v1;

#define AL_HALT_ARMED ((uint32_t)0)
#define AL_HALT_PAUSED ((uint32_t)1)
#define AL_HALT_HALTED ((uint32_t)2)
#define AL_HALT_FLATTENING ((uint32_t)3)
#define AL_HALT_FLAT ((uint32_t)4)

/* A change of an order that this agent caused. */
typedef struct al_order_update_v1 {
  al_order_id_v1 id;
  int64_t ts;
  uint32_t instrument; /* universe index */
  uint8_t state;       /* AL_STATE_* after it */
  uint8_t type;
  uint16_t reason;     /* AL_DENY_* or 0 */
  int64_t quantity;
  int64_t filled;
  int64_t last_quantity; /* of this fill */
  int64_t last_price;
  uint32_t label; /* of the row that asked for it */
  uint32_t reserved;
} al_order_update_v1;

/* A quantity that an execution agent is to work. The orders of its answer are of this instrument and on this side, and no
 * more than `remaining` in all: any beyond are refused. */
typedef struct al_work_v1 {
  uint64_t parent;
  uint32_t instrument; /* universe index */
  uint32_t flags;
  int64_t total;     /* signed */
  int64_t remaining; /* not yet filled, signed */
  int64_t working;   /* in child orders now, signed */
  int64_t start_ns;
  int64_t end_ns;
  int64_t limit_price; /* 0: none */
} al_work_v1;

/* Why the gate denied an order. */
#define AL_DENY_HALTED ((uint16_t)1)
#define AL_DENY_POSITION_SIZE ((uint16_t)2)
#define AL_DENY_POSITION_COUNT ((uint16_t)3)
#define AL_DENY_GROSS ((uint16_t)4)
#define AL_DENY_NET ((uint16_t)5)
#define AL_DENY_SECTOR ((uint16_t)6)
#define AL_DENY_PRICE_COLLAR ((uint16_t)7)
#define AL_DENY_STALE_QUOTE ((uint16_t)8)
#define AL_DENY_DUPLICATE ((uint16_t)9)
#define AL_DENY_ORDER_RATE ((uint16_t)10)
#define AL_DENY_MESSAGE_RATE ((uint16_t)11)
#define AL_DENY_BUYING_POWER ((uint16_t)12)
#define AL_DENY_RESTRICTED ((uint16_t)13)
#define AL_DENY_LOCATE ((uint16_t)14)
#define AL_DENY_UNKNOWN_WORKING ((uint16_t)15) /* an order in this name has an unknown fate */
#define AL_DENY_NOT_TRADABLE ((uint16_t)16)
#define AL_DENY_INVALID ((uint16_t)17)
#define AL_DENY_ORDER_SIZE ((uint16_t)18)
#define AL_DENY_VETO ((uint16_t)19)
#define AL_DENY_NO_PRICE ((uint16_t)20)
#define AL_DENY_DISCONNECTED ((uint16_t)21) /* no line to the broker, or its books are not compared yet */

#ifdef __cplusplus
}
#endif
#endif
