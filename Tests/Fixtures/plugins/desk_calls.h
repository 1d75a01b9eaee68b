/* What the broker of desk_broker.c answers. Every call sees the book as it stands and leaves it whole. */
#include "desk_book.h"
#include <pthread.h>

typedef struct desk {
  const al_host_v1 *host;
  const al_universe_v1 *universe;
  al_report_feed_v1 feed;
  desk_book book;
  char path[512], client_path[544], account[24];
  int64_t price, cash;
  int client_fd, is_connected, is_stopping, has_thread, said_busy;
  pthread_mutex_t mutex;
  pthread_t thread;
  /* What the thread is to push. */
  uint32_t n_pending;
  al_report_v1 *pending;
  char *texts; /* of the last answer */
  char first_lines[2048];
} desk;

static al_status say(al_error_v1 *err, al_status status, const char *text) {
  if (err != NULL && err->buf != NULL) {
    err->code = status;
    err->len = (uint32_t)strlen(text) < err->cap ? (uint32_t)strlen(text) : err->cap;
    memcpy(err->buf, text, err->len);
  }
  return status;
}

static uint32_t instrument_of(const desk *me, const char *symbol) {
  for (uint32_t i = 0; me->universe != NULL && i < me->universe->n; i++) {
    const al_str_v1 s = me->universe->instruments[i]->symbol;
    if (s.len == strlen(symbol) && memcmp(s.ptr, symbol, s.len) == 0) return i;
  }
  return AL_NONE;
}

/* The exchange can be spoken to. The mutex is held. */
static int is_up(const desk *me) {
  return me->is_connected && me->book.layers[AL_LAYER_SOCKET].state == AL_CONNECTION_UP &&
         me->book.layers[AL_LAYER_SESSION].state == AL_CONNECTION_UP;
}

/* Waits a little for the connection, which the thread makes; then takes the mutex and the book. */
static al_status enter(desk *me, const char *query, al_error_v1 *err) {
  for (int i = 0;; i++) {
    pthread_mutex_lock(&me->mutex);
    if (me->is_connected || i == 50) break;
    pthread_mutex_unlock(&me->mutex);
    usleep(2000);
  }
  desk_lock(&me->book);
  al_status status = is_up(me) ? AL_OK : say(err, AL_E_IO, "not connected to the exchange");
  if (status == AL_OK && query[0] != 0 &&
      (desk_is(&me->book, "query_timeout", query) || desk_is(&me->book, "query_timeout", "all")))
    status = say(err, AL_E_TIMEOUT, "the exchange does not answer");
  if (status == AL_OK) return AL_OK;
  desk_unlock(&me->book);
  pthread_mutex_unlock(&me->mutex);
  return status;
}

static al_status leave(desk *me, al_status status) {
  desk_unlock(&me->book);
  pthread_mutex_unlock(&me->mutex);
  return status;
}

static al_status answer(const char *word) {
  if (strcmp(word, "ack") == 0) return AL_OK;
  if (strcmp(word, "timeout") == 0) return AL_E_TIMEOUT;
  return strcmp(word, "reject") == 0 ? AL_E_REJECTED : AL_AGAIN;
}

static int64_t price_of(desk *me, const al_order_v1 *o, const char *symbol) {
  const int64_t known = desk_position_of(&me->book, symbol)->price;
  return o->limit_price > 0 ? o->limit_price : known > 0 ? known : me->price;
}

static int every(desk *me, const char *key) {
  const int n = atoi(desk_get(&me->book, key));
  return n > 0 && (me->book.submissions + 1) % (uint32_t)n == 0;
}

static al_ack_v1 submit_one(desk *me, const al_order_v1 *o) {
  char line[512], fill[256] = "";
  desk_book *book = &me->book;
  desk_order *before = desk_by_id(book, o->id);
  if (before != NULL) {
    const al_ack_v1 ack = {before->state == AL_REPORT_REJECTED ? AL_E_REJECTED : AL_OK, 0, before->bid};
    snprintf(line, sizeof line, "again %" PRIx64 " %" PRIu64 " %" PRId64 "\n", o->id.session, o->id.sequence, desk_now());
    desk_append(book, line);
    return ack;
  }
  const int64_t bid = 1001 + book->n_orders;
  const al_str_v1 s = me->universe->instruments[o->instrument]->symbol;
  char symbol[24];
  snprintf(symbol, sizeof symbol, "%.*s", (int)s.len, s.ptr);
  const int is_rejected = every(me, "reject_every"), is_lost = every(me, "lose_every");
  const char *word = is_lost ? "lost" : is_rejected ? "reject" : "order";
  const char *how = desk_get(book, "answer");
  int n = snprintf(line, sizeof line,
                   "%s %" PRId64 " %" PRIx64 " %" PRIu64 " %s %" PRId64 " %u %" PRId64 " %" PRId64 " %u %" PRId64
                   " %s AL%016" PRIx64 "-%" PRIu64 "\n",
                   word, bid, o->id.session, o->id.sequence, symbol, o->quantity, o->type, o->limit_price, o->stop_price,
                   o->time_in_force, desk_now(), how, o->id.session, o->id.sequence);
  int64_t quantity = desk_is(book, "fill", "immediate") ? o->quantity : desk_is(book, "fill", "partial") ? o->quantity / 2 : 0;
  if (quantity != 0 && word[0] == 'o') {
    snprintf(fill, sizeof fill, "fill %" PRId64 " de5c %x %" PRId64 " %" PRId64 " 0 %" PRId64 "\n", bid, book->n_fills + 1,
             quantity, price_of(me, o, symbol), desk_now());
    snprintf(line + n, sizeof line - (size_t)n, "%s", fill);
  }
  al_ack_v1 ack = {is_lost ? AL_AGAIN : is_rejected ? AL_E_REJECTED : answer(how), is_rejected ? 201 : 0, 0};
  if (ack.status == AL_OK) ack.broker_id = bid;
  desk_append(book, line);
  return ack;
}

static al_status desk_submit(void *ctx, const al_order_v1 *orders, uint32_t n, al_ack_v1 *acks, al_error_v1 *err) {
  desk *me = ctx;
  const al_status status = enter(me, "", err);
  if (status < 0) return status;
  for (uint32_t i = 0; i < n; i++) acks[i] = submit_one(me, &orders[i]);
  while (desk_is(&me->book, "hang", "1")) {
    leave(me, AL_OK);
    usleep(5000);
    pthread_mutex_lock(&me->mutex);
    desk_lock(&me->book);
  }
  return leave(me, AL_OK);
}

static al_ack_v1 cancel_one(desk *me, al_order_id_v1 id) {
  char line[128];
  desk_order *o = desk_by_id(&me->book, id);
  if (o == NULL) return (al_ack_v1){AL_E_REJECTED, 135, 0};
  const al_ack_v1 ack = {answer(desk_get(&me->book, "cancel")), 0, o->bid};
  if (o->state != AL_REPORT_WORKING) return (al_ack_v1){AL_E_REJECTED, 161, o->bid};
  const int is_silent = desk_is(&me->book, "cancel", "never");
  const char *word = is_silent ? "asked" : ack.status == AL_E_REJECTED ? "refuse" : "cancel";
  snprintf(line, sizeof line, "%s %" PRId64 " %" PRId64 "\n", word, o->bid, desk_now());
  desk_append(&me->book, line);
  return ack;
}

/* {0, broker id} names an order of others. */
static al_status desk_cancel(void *ctx, const al_order_id_v1 *ids, uint32_t n, al_ack_v1 *acks, al_error_v1 *err) {
  desk *me = ctx;
  const al_status status = enter(me, "", err);
  if (status < 0) return status;
  for (uint32_t i = 0; i < n; i++) acks[i] = cancel_one(me, ids[i]);
  return leave(me, AL_OK);
}

static al_status desk_replace(void *ctx, const al_order_v1 *orders, uint32_t n, al_ack_v1 *acks, al_error_v1 *err) {
  desk *me = ctx;
  char line[256];
  const al_status status = enter(me, "", err);
  if (status < 0) return status;
  for (uint32_t i = 0; i < n; i++) {
    desk_order *o = desk_by_id(&me->book, orders[i].id);
    if (o == NULL || o->state != AL_REPORT_WORKING) {
      acks[i] = (al_ack_v1){AL_E_REJECTED, 161, 0};
      continue;
    }
    acks[i] = (al_ack_v1){answer(desk_get(&me->book, "answer")), 0, o->bid};
    snprintf(line, sizeof line, "replace %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", o->bid,
             orders[i].quantity, orders[i].limit_price, orders[i].stop_price, desk_now());
    desk_append(&me->book, line);
  }
  return leave(me, AL_OK);
}

/* A text that stays until the next question: the thread may move the book. */
static al_str_v1 keep(desk *me, uint32_t row, const char *text) {
  char *at = me->texts + 96 * (size_t)row;
  snprintf(at, 96, "%s", text);
  return (al_str_v1){at, strlen(at)};
}

static void make_room(desk *me, uint32_t rows) {
  me->texts = realloc(me->texts, 96 * ((size_t)rows + 1));
  if (me->texts == NULL) abort();
}

static al_report_v1 row_of(desk *me, const desk_order *o, uint16_t kind, uint32_t row) {
  const al_str_v1 text = keep(me, row, o->text);
  al_report_v1 r = {.id = o->id, .ts = o->ts, .broker_id = o->bid, .kind = kind, .instrument = instrument_of(me, o->symbol)};
  r.quantity = o->quantity;
  r.price = o->limit;
  r.text = text.ptr;
  r.text_len = (uint32_t)text.len;
  return r;
}

static al_status put(al_reports_v1 *out, uint32_t n, const al_report_v1 *row) {
  if (n < out->cap) out->rows[n] = *row;
  return n < out->cap ? AL_OK : AL_E_CAPACITY;
}

static al_status desk_open_orders(void *ctx, al_reports_v1 *out, al_error_v1 *err) {
  desk *me = ctx;
  uint32_t n = 0;
  al_status status = enter(me, "open_orders", err);
  if (status < 0) return status;
  make_room(me, me->book.n_orders);
  for (uint32_t i = 0; i < me->book.n_orders; i++) {
    const desk_order *o = &me->book.orders[i];
    const int is_working = o->state == AL_REPORT_WORKING;
    if (o->state == 0 || o->state == AL_REPORT_FILL) continue;
    if (!is_working && (o->id.session == 0 || desk_is(&me->book, "completed", "off"))) continue;
    al_report_v1 r = row_of(me, o, o->state, n);
    r.remaining = is_working ? o->quantity - o->filled : 0;
    if (put(out, n++, &r) < 0) status = AL_E_CAPACITY;
  }
  out->needed = n;
  out->len = status < 0 ? 0 : n;
  return leave(me, status);
}

static al_status desk_executions(void *ctx, int64_t since, al_reports_v1 *out, al_error_v1 *err) {
  desk *me = ctx;
  uint32_t n = 0;
  al_status status = enter(me, "executions", err);
  if (status < 0) return status;
  make_room(me, me->book.n_fills);
  for (uint32_t i = 0; i < me->book.n_fills; i++) {
    const desk_fill *f = &me->book.fills[i];
    if (f->ts < since || f->quantity == 0) continue;
    const desk_order *o = desk_by_bid(&me->book, f->bid);
    al_report_v1 r = row_of(me, o, AL_REPORT_FILL, n);
    r.ts = f->ts;
    r.quantity = f->quantity;
    r.price = f->price;
    r.fee = f->fee;
    r.remaining = -1;
    r.execution[0] = f->execution[0];
    r.execution[1] = f->execution[1];
    if (put(out, n++, &r) < 0) status = AL_E_CAPACITY;
  }
  out->needed = n;
  out->len = status < 0 ? 0 : n;
  return leave(me, status);
}

static al_status desk_positions(void *ctx, al_holdings_v1 *out, al_error_v1 *err) {
  desk *me = ctx;
  uint32_t n = 0;
  al_status status = enter(me, "positions", err);
  if (status < 0) return status;
  make_room(me, me->book.n_positions);
  for (uint32_t i = 0; i < me->book.n_positions; i++) {
    const desk_position *p = &me->book.positions[i];
    if (p->quantity == 0) continue;
    if (n < out->cap)
      out->rows[n] = (al_holding_v1){instrument_of(me, p->symbol), 0, p->quantity, p->cost, keep(me, n, p->symbol)};
    else
      status = AL_E_CAPACITY;
    n++;
  }
  out->needed = n;
  out->len = status < 0 ? 0 : n;
  return leave(me, status);
}

static al_status desk_account(void *ctx, al_account_v1 *out, al_error_v1 *err) {
  desk *me = ctx;
  const al_status status = enter(me, "account", err);
  if (status < 0) return status;
  out->cash = me->book.cash;
  out->equity = me->book.cash;
  for (uint32_t i = 0; i < me->book.n_positions; i++) {
    const desk_position *p = &me->book.positions[i];
    out->equity += desk_value(p->quantity, p->price > 0 ? p->price : me->price);
  }
  out->buying_power = out->cash;
  memcpy(out->currency, "USD", 3);
  out->currency_len = 3;
  memcpy(out->account, me->account, sizeof out->account);
  return leave(me, AL_OK);
}
