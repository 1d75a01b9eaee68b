/* The book of the fixture exchange: one text file, a line a fact, only ever appended to, under flock. Whoever folds the lines
 * from the top has its whole state, so it outlives every process, and a test reads it and writes lines of its own.
 *
 *   cash MONEY | price SYMBOL PRICE | position SYMBOL QUANTITY COST        added to what is there; of others
 *   set KEY VALUE                                                         how it behaves from here on, see desk_broker.c
 *   order BID SESSION SEQUENCE SYMBOL QUANTITY TYPE LIMIT STOP TIF TS ANSWER REFERENCE   SESSION 0: of others
 *   reject ... as order | lost ... as order: never received
 *   again SESSION SEQUENCE TS                                             an order id came a second time
 *   fill BID HIGH LOW QUANTITY PRICE FEE TS | correct HIGH LOW QUANTITY PRICE TS
 *   cancel BID TS | expire BID TS | replace BID QUANTITY LIMIT STOP TS | refuse BID TS    a cancel that came too late
 *   asked BID TS                                                          a cancel that is not answered
 *   connection LAYER STATE CODE TEXT
 *
 * Numbers are whole: money, prices and quantities in 1e-8, sessions and execution ids in hexadecimal, times ns UTC. */
#define _GNU_SOURCE
#include <alphaloop.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

typedef struct desk_order {
  int64_t bid;
  al_order_id_v1 id;
  int64_t quantity, limit, stop, filled, ts;
  uint32_t type, tif;
  uint16_t state; /* AL_REPORT_WORKING, FILL (in full), CANCELLED, REJECTED, EXPIRED; 0: lost */
  char symbol[24], answer[12], reference[64];
  char text[96]; /* symbol and reference */
} desk_order;

typedef struct desk_fill {
  int64_t bid, quantity, price, fee, ts;
  uint64_t execution[2];
} desk_fill;

typedef struct desk_position {
  char symbol[24];
  int64_t quantity, cost, price;
} desk_position;

typedef struct desk_setting {
  char key[24], value[24];
} desk_setting;

typedef struct desk_layer {
  uint32_t state;
  int64_t code;
  char text[80];
} desk_layer;

typedef struct desk_book {
  int fd;
  int64_t offset;
  int64_t cash;
  uint32_t n_orders, n_fills, n_positions, n_settings, submissions;
  desk_order *orders;
  desk_fill *fills;
  desk_position *positions;
  desk_setting *settings;
  desk_layer layers[5]; /* by AL_LAYER_* */
  /* Told of every fact that is folded. */
  void (*fact)(void *ctx, const desk_order *order, const al_report_v1 *report);
  void *ctx;
} desk_book;

static int64_t desk_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* One more element at the end of an array. */
static void *desk_add(void **rows, uint32_t *n, size_t size) {
  *rows = realloc(*rows, (*n + 1) * size);
  if (*rows == NULL) abort();
  void *row = (char *)*rows + *n * size;
  memset(row, 0, size);
  *n += 1;
  return row;
}

static desk_order *desk_by_bid(desk_book *book, int64_t bid) {
  for (uint32_t i = 0; i < book->n_orders; i++)
    if (book->orders[i].bid == bid) return &book->orders[i];
  return NULL;
}

/* Received and known; a lost one is not. */
static desk_order *desk_by_id(desk_book *book, al_order_id_v1 id) {
  if (id.session == 0) return desk_by_bid(book, (int64_t)id.sequence);
  for (uint32_t i = 0; i < book->n_orders; i++) {
    desk_order *o = &book->orders[i];
    if (o->id.session == id.session && o->id.sequence == id.sequence && o->state != 0) return o;
  }
  return NULL;
}

static desk_position *desk_position_of(desk_book *book, const char *symbol) {
  for (uint32_t i = 0; i < book->n_positions; i++)
    if (strcmp(book->positions[i].symbol, symbol) == 0) return &book->positions[i];
  desk_position *p = desk_add((void **)&book->positions, &book->n_positions, sizeof *p);
  snprintf(p->symbol, sizeof p->symbol, "%s", symbol);
  return p;
}

static const char *desk_get(const desk_book *book, const char *key) {
  for (uint32_t i = 0; i < book->n_settings; i++)
    if (strcmp(book->settings[i].key, key) == 0) return book->settings[i].value;
  return "";
}

static int desk_is(const desk_book *book, const char *key, const char *value) { return strcmp(desk_get(book, key), value) == 0; }

static int64_t desk_value(int64_t quantity, int64_t price) { return (int64_t)((__int128)quantity * price / AL_UNIT); }

/* Adds to a position at a price; the average cost changes only where it grows or turns. */
static void desk_move(desk_book *book, const char *symbol, int64_t quantity, int64_t price) {
  desk_position *p = desk_position_of(book, symbol);
  const int64_t after = p->quantity + quantity;
  if (p->quantity == 0 || (after > 0) != (p->quantity > 0))
    p->cost = price;
  else if ((quantity > 0) == (p->quantity > 0))
    p->cost = (int64_t)(((__int128)p->cost * p->quantity + (__int128)price * quantity) / after);
  p->quantity = after;
  p->price = price;
}

static void desk_tell(desk_book *book, const desk_order *o, uint16_t kind, int64_t ts, const desk_fill *f) {
  al_report_v1 r = {.id = o->id, .ts = ts, .broker_id = o->bid, .kind = kind, .instrument = AL_NONE};
  r.quantity = o->quantity;
  r.price = o->limit;
  r.remaining = o->state == AL_REPORT_WORKING ? o->quantity - o->filled : 0;
  if (kind == AL_REPORT_REJECTED) r.code = 201;
  if (f != NULL) {
    r.quantity = f->quantity;
    r.price = f->price;
    r.fee = f->fee;
    r.execution[0] = f->execution[0];
    r.execution[1] = f->execution[1];
  }
  if (book->fact) book->fact(book->ctx, o, &r);
}

static void desk_fold_order(desk_book *book, const char *word, const char *line) {
  desk_order *o = desk_add((void **)&book->orders, &book->n_orders, sizeof *o);
  sscanf(line, "%*s %" SCNd64 " %" SCNx64 " %" SCNu64 " %23s %" SCNd64 " %u %" SCNd64 " %" SCNd64 " %u %" SCNd64 " %11s %63s",
         &o->bid, &o->id.session, &o->id.sequence, o->symbol, &o->quantity, &o->type, &o->limit, &o->stop, &o->tif, &o->ts,
         o->answer, o->reference);
  snprintf(o->text, sizeof o->text, "%s %s", o->symbol, o->reference);
  if (o->id.session != 0) book->submissions++;
  o->state = word[0] == 'o' ? AL_REPORT_WORKING : word[0] == 'r' ? AL_REPORT_REJECTED : 0;
  if (word[0] == 'o') desk_tell(book, o, AL_REPORT_ACCEPTED, o->ts, NULL);
  if (word[0] == 'r') desk_tell(book, o, AL_REPORT_REJECTED, o->ts, NULL);
}

static void desk_fold_fill(desk_book *book, const char *line) {
  desk_fill f = {0};
  sscanf(line, "%*s %" SCNd64 " %" SCNx64 " %" SCNx64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &f.bid, &f.execution[0],
         &f.execution[1], &f.quantity, &f.price, &f.fee, &f.ts);
  desk_order *o = desk_by_bid(book, f.bid);
  if (o == NULL) return;
  *(desk_fill *)desk_add((void **)&book->fills, &book->n_fills, sizeof f) = f;
  o->filled += f.quantity;
  if (o->filled == o->quantity && o->state == AL_REPORT_WORKING) o->state = AL_REPORT_FILL;
  desk_move(book, o->symbol, f.quantity, f.price);
  book->cash -= desk_value(f.quantity, f.price) + f.fee;
  desk_tell(book, o, AL_REPORT_FILL, f.ts, &f);
}

static void desk_fold_correction(desk_book *book, const char *line) {
  uint64_t id[2] = {0, 0};
  int64_t quantity = 0, price = 0, ts = 0;
  sscanf(line, "%*s %" SCNx64 " %" SCNx64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &id[0], &id[1], &quantity, &price, &ts);
  for (uint32_t i = 0; i < book->n_fills; i++) {
    desk_fill *f = &book->fills[i];
    if (f->execution[0] != id[0] || f->execution[1] != id[1]) continue;
    desk_order *o = desk_by_bid(book, f->bid);
    book->cash += desk_value(f->quantity, f->price) - desk_value(quantity, price);
    o->filled += quantity - f->quantity;
    desk_move(book, o->symbol, quantity - f->quantity, price);
    f->quantity = quantity;
    f->price = price;
    desk_tell(book, o, AL_REPORT_CORRECTION, ts, f);
  }
}

static void desk_fold_change(desk_book *book, const char *word, const char *line) {
  int64_t bid = 0, a = 0, b = 0, c = 0, d = 0;
  /* These are for whoever reads the book; nothing changes. */
  if (strcmp(word, "asked") == 0 || strcmp(word, "again") == 0) return;
  sscanf(line, "%*s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &bid, &a, &b, &c, &d);
  desk_order *o = desk_by_bid(book, bid);
  if (o == NULL) return;
  if (strcmp(word, "refuse") == 0) return desk_tell(book, o, AL_REPORT_CANCEL_REJECTED, a, NULL);
  if (o->state != AL_REPORT_WORKING) return;
  if (strcmp(word, "replace") == 0) {
    o->quantity = a;
    o->limit = b;
    o->stop = c;
    return desk_tell(book, o, AL_REPORT_REPLACED, d, NULL);
  }
  if (strcmp(word, "cancel") != 0 && strcmp(word, "expire") != 0) return;
  o->state = word[0] == 'c' ? AL_REPORT_CANCELLED : AL_REPORT_EXPIRED;
  desk_tell(book, o, o->state, a, NULL);
}

static void desk_fold_setting(desk_book *book, const char *key, const char *value) {
  for (uint32_t i = 0; i < book->n_settings; i++)
    if (strcmp(book->settings[i].key, key) == 0) {
      snprintf(book->settings[i].value, sizeof book->settings[i].value, "%s", value);
      return;
    }
  desk_setting *s = desk_add((void **)&book->settings, &book->n_settings, sizeof *s);
  snprintf(s->key, sizeof s->key, "%s", key);
  snprintf(s->value, sizeof s->value, "%s", value);
}

static void desk_fold_connection(desk_book *book, const char *line) {
  int layer = 0;
  desk_layer l = {0};
  sscanf(line, "%*s %d %u %" SCNd64 " %79[^\n]", &layer, &l.state, &l.code, l.text);
  if (layer < 1 || layer > 4) return;
  book->layers[layer] = l;
  al_report_v1 r = {.broker_id = layer, .kind = AL_REPORT_CONNECTION, .code = (int32_t)l.state, .quantity = l.code};
  r.instrument = AL_NONE;
  r.ts = desk_now();
  if (book->fact) book->fact(book->ctx, NULL, &r);
}

static void desk_fold(desk_book *book, const char *line) {
  char word[16] = "", key[24] = "", value[24] = "";
  int64_t a = 0, b = 0;
  sscanf(line, "%15s", word);
  if (strcmp(word, "order") == 0 || strcmp(word, "reject") == 0 || strcmp(word, "lost") == 0)
    desk_fold_order(book, word, line);
  else if (strcmp(word, "fill") == 0)
    desk_fold_fill(book, line);
  else if (strcmp(word, "correct") == 0)
    desk_fold_correction(book, line);
  else if (strcmp(word, "connection") == 0)
    desk_fold_connection(book, line);
  else if (strcmp(word, "set") == 0 && sscanf(line, "%*s %23s %23s", key, value) == 2)
    desk_fold_setting(book, key, value);
  else if (strcmp(word, "cash") == 0 && sscanf(line, "%*s %" SCNd64, &a) == 1)
    book->cash += a;
  else if (strcmp(word, "price") == 0 && sscanf(line, "%*s %23s %" SCNd64, key, &a) == 2)
    desk_position_of(book, key)->price = a;
  else if (strcmp(word, "position") == 0 && sscanf(line, "%*s %23s %" SCNd64 " %" SCNd64, key, &a, &b) == 3)
    desk_move(book, key, a, b);
  else
    desk_fold_change(book, word, line);
}

/* Folds the whole lines that are new. */
static void desk_catch_up(desk_book *book) {
  char chunk[65536];
  for (;;) {
    const ssize_t n = pread(book->fd, chunk, sizeof chunk - 1, book->offset);
    ssize_t start = 0;
    for (ssize_t i = 0; i < n; i++) {
      if (chunk[i] != '\n') continue;
      chunk[i] = 0;
      desk_fold(book, chunk + start);
      start = i + 1;
    }
    if (start == 0) return;
    book->offset += start;
  }
}

/* Others see all of `lines` or nothing of it. The book is locked. */
static void desk_append(desk_book *book, const char *lines) {
  if (write(book->fd, lines, strlen(lines)) != (ssize_t)strlen(lines)) abort();
  desk_catch_up(book);
}

static void desk_lock(desk_book *book) {
  while (flock(book->fd, LOCK_EX) != 0) {}
  desk_catch_up(book);
}

static void desk_unlock(desk_book *book) { flock(book->fd, LOCK_UN); }

static int desk_open(desk_book *book, const char *path) {
  book->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  for (int i = 1; i < 5; i++) book->layers[i].state = AL_CONNECTION_UP;
  return book->fd >= 0;
}

static void desk_close(desk_book *book) {
  if (book->fd >= 0) close(book->fd);
  free(book->orders);
  free(book->fills);
  free(book->positions);
  free(book->settings);
}
