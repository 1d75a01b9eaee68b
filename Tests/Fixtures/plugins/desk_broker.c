/* A connected broker whose exchange is a file (desk_book.h) that every process on it shares. Facts come from a thread of its
 * own; those of before the connection, and those while it is down, are told only to who asks.
 *
 * Two connections of one client number exclude each other; the second waits and says 326 until the first is gone.
 *
 * Lines `set KEY VALUE` of the book, and parameters for a book that is new:
 *   fill      immediate: in full; partial: half; none, on_command: works until the book says otherwise
 *   answer    ack: AL_OK; again: AL_AGAIN, ACCEPTED follows; timeout: AL_E_TIMEOUT; never: AL_AGAIN and silence.
 *             The order is in the book in each case.
 *   cancel    ack, again, timeout: as above, it is cancelled; never: AL_AGAIN, it works on; reject
 *   reject_every N, lose_every N    of the submissions, counted over the life of the book; lost: AL_AGAIN, never received
 *   query_timeout  open_orders, executions, positions, account, all: ends with AL_E_TIMEOUT; none
 *   completed off  ended orders are forgotten by open_orders
 *   duplicates on  every fill is pushed twice
 *   external push  what becomes of the orders of others is pushed too
 *   hang 1         submit does not return until `set hang 0`
 * Only: cc -std=c11 -O1 -fPIC -shared -fvisibility=hidden -I PluginSDK/include desk_broker.c -o desk_broker.so */
#include "desk_calls.h"

/* Texts of pending reports are constants: the book may move before they are pushed. */
static void later(desk *me, al_report_v1 r, const char *text) {
  r.text = text;
  r.text_len = (uint32_t)strlen(text);
  *(al_report_v1 *)desk_add((void **)&me->pending, &me->n_pending, sizeof r) = r;
}

static void hear(void *ctx, const desk_order *order, const al_report_v1 *report) {
  desk *me = ctx;
  al_report_v1 r = *report;
  if (!me->is_connected) return;
  if (order == NULL) return later(me, r, r.code == (int32_t)AL_CONNECTION_UP ? "restored" : "lost");
  if (!is_up(me) || (order->id.session == 0 && !desk_is(&me->book, "external", "push"))) return;
  if (r.kind == AL_REPORT_ACCEPTED && strcmp(order->answer, "again") != 0) return;
  r.instrument = instrument_of(me, order->symbol);
  later(me, r, r.kind == AL_REPORT_REJECTED ? "the exchange rejects it" : "");
  if (r.kind == AL_REPORT_FILL && desk_is(&me->book, "duplicates", "on")) later(me, r, "");
}

static void connect_client(desk *me) {
  if (flock(me->client_fd, LOCK_EX | LOCK_NB) != 0) {
    al_report_v1 r = {.broker_id = AL_LAYER_SOCKET, .kind = AL_REPORT_CONNECTION, .quantity = 326, .ts = desk_now()};
    r.instrument = AL_NONE;
    if (!me->said_busy) later(me, r, "the client number is in use");
    me->said_busy = 1;
    return;
  }
  desk_catch_up(&me->book);
  me->is_connected = 1;
  for (int64_t i = AL_LAYER_SOCKET; i <= AL_LAYER_SUBSCRIPTION; i++) {
    al_report_v1 r = {.broker_id = i, .kind = AL_REPORT_CONNECTION, .ts = desk_now(), .instrument = AL_NONE};
    r.code = (int32_t)me->book.layers[i].state;
    r.quantity = me->book.layers[i].code;
    later(me, r, "connected");
  }
}

static void *run(void *ctx) {
  desk *me = ctx;
  for (;;) {
    pthread_mutex_lock(&me->mutex);
    if (me->is_stopping) break;
    if (me->is_connected)
      desk_catch_up(&me->book);
    else
      connect_client(me);
    al_report_v1 *rows = me->pending;
    const uint32_t n = me->n_pending;
    me->pending = NULL;
    me->n_pending = 0;
    pthread_mutex_unlock(&me->mutex);
    if (n > 0 && me->feed.push != NULL) me->feed.push(me->feed.ctx, rows, n);
    free(rows);
    usleep(2000);
  }
  pthread_mutex_unlock(&me->mutex);
  return NULL;
}

static al_status desk_bind(void *ctx, const al_universe_v1 *universe, const al_report_feed_v1 *feed, al_error_v1 *err) {
  desk *me = ctx;
  (void)err;
  me->universe = universe;
  if (feed != NULL) me->feed = *feed;
  return AL_OK;
}

static al_status desk_start(void *ctx, al_error_v1 *err) {
  desk *me = ctx;
  me->client_fd = open(me->client_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (!desk_open(&me->book, me->path) || me->client_fd < 0) return say(err, AL_E_IO, "the book cannot be opened");
  me->book.fact = hear;
  me->book.ctx = me;
  desk_lock(&me->book);
  if (me->book.offset == 0) desk_append(&me->book, me->first_lines);
  desk_unlock(&me->book);
  me->is_stopping = 0;
  me->has_thread = pthread_create(&me->thread, NULL, run, me) == 0;
  return me->has_thread ? AL_OK : say(err, AL_E_IO, "no thread");
}

static al_status desk_stop(void *ctx, al_error_v1 *err) {
  desk *me = ctx;
  (void)err;
  pthread_mutex_lock(&me->mutex);
  me->is_stopping = 1;
  pthread_mutex_unlock(&me->mutex);
  if (me->has_thread) pthread_join(me->thread, NULL);
  me->has_thread = me->is_connected = me->said_busy = 0;
  desk_close(&me->book);
  me->book = (desk_book){.fd = -1};
  if (me->client_fd >= 0) close(me->client_fd);
  me->client_fd = -1;
  return AL_OK;
}

static void desk_destroy(void *ctx) {
  desk *me = ctx;
  free(me->pending);
  free(me->texts);
  free(me);
}

static const void *desk_interface(void *ctx, const char *id) {
  static const al_broker_v1 broker = {
    .size = sizeof broker, .flags = AL_BROKER_REPLACES, .bind = desk_bind, .submit = desk_submit, .cancel = desk_cancel,
    .replace = desk_replace, .open_orders = desk_open_orders, .executions = desk_executions, .positions = desk_positions,
    .account = desk_account,
  };
  (void)ctx;
  return strcmp(id, AL_INTERFACE_BROKER) == 0 ? &broker : NULL;
}

static const al_param_v1 *parameter(const al_create_v1 *args, const char *name) {
  for (uint32_t i = 0; i < args->n_parameters; i++) {
    const al_param_v1 *p = &args->parameters[i];
    if (p->name.len == strlen(name) && memcmp(p->name.ptr, name, p->name.len) == 0) return p;
  }
  return NULL;
}

static void text_of(const al_create_v1 *args, const char *name, char *to, size_t cap) {
  const al_param_v1 *p = parameter(args, name);
  if (p != NULL) snprintf(to, cap, "%.*s", (int)p->text.len, p->text.ptr);
}

static int64_t units_of(const al_create_v1 *args, const char *name) {
  const al_param_v1 *p = parameter(args, name);
  return p == NULL ? 0 : (int64_t)(p->number * (double)AL_UNIT + (p->number < 0 ? -0.5 : 0.5));
}

/* What stands at the top of a new book. */
static void write_first_lines(desk *me, const al_create_v1 *args) {
  static const char *const keys[] = {"fill", "answer", "cancel"};
  char *to = me->first_lines;
  const char *end = to + sizeof me->first_lines;
  to += snprintf(to, (size_t)(end - to), "cash %" PRId64 "\n", units_of(args, "cash"));
  for (int i = 0; i < 3; i++) {
    char value[24] = "";
    text_of(args, keys[i], value, sizeof value);
    to += snprintf(to, (size_t)(end - to), "set %s %s\n", keys[i], value);
  }
  const al_param_v1 *count = parameter(args, "positions.#");
  for (int64_t i = 0; count != NULL && i < count->integer && end - to > 128; i++) {
    char name[3][48], symbol[24] = "";
    snprintf(name[0], sizeof name[0], "positions.%" PRId64 ".symbol", i);
    snprintf(name[1], sizeof name[1], "positions.%" PRId64 ".quantity", i);
    snprintf(name[2], sizeof name[2], "positions.%" PRId64 ".cost", i);
    text_of(args, name[0], symbol, sizeof symbol);
    to += snprintf(to, (size_t)(end - to), "position %s %" PRId64 " %" PRId64 "\n", symbol, units_of(args, name[1]),
                   units_of(args, name[2]));
  }
}

static al_status desk_create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  desk *me = calloc(1, sizeof *me);
  if (me == NULL) return AL_E_INTERNAL;
  me->host = host;
  me->book.fd = me->client_fd = -1;
  pthread_mutex_init(&me->mutex, NULL);
  text_of(args, "book", me->path, sizeof me->path);
  text_of(args, "account", me->account, sizeof me->account);
  if (me->path[0] == 0) {
    free(me);
    return say(err, AL_E_CONFIG, "book: name a file");
  }
  const al_param_v1 *client = parameter(args, "client");
  snprintf(me->client_path, sizeof me->client_path, "%s.client-%d", me->path, client == NULL ? 1 : (int)client->integer);
  me->price = units_of(args, "price");
  write_first_lines(me, args);
  *out = (al_instance_v1){sizeof *out, 0, me, desk_interface, desk_start, desk_stop, desk_destroy};
  return AL_OK;
}

#define CHOICE(name, first, words) \
  "\"" name "\":{\"type\":\"string\",\"enum\":[" words "],\"default\":\"" first "\"},"

const al_entry_v1 *alphaloop_plugin_v1(uint32_t host_major, uint32_t host_minor) {
  static const char *const interfaces[] = {AL_INTERFACE_BROKER, NULL};
  static const al_descriptor_v1 descriptor = {
    .size = sizeof descriptor, .kinds = AL_KIND_BROKER, .flags = AL_FLAG_THREADS, .id = "broker.desk", .name = "Desk",
    .vendor = "Alpha Loop", .version = "1.0.0", .license = "Apache-2.0", .summary = "A test exchange in a file", .family = "",
    .parameters = "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"book\"],\"properties\":{"
      "\"book\":{\"type\":\"string\",\"format\":\"path\",\"default\":\"\"},"
      "\"client\":{\"type\":\"integer\",\"default\":1},"
      "\"account\":{\"type\":\"string\",\"default\":\"DU1\"},"
      "\"cash\":{\"type\":\"number\",\"default\":1000000},"
      "\"price\":{\"type\":\"number\",\"default\":100},"
      CHOICE("fill", "immediate", "\"immediate\",\"partial\",\"none\",\"on_command\"")
      CHOICE("answer", "again", "\"ack\",\"again\",\"timeout\",\"never\"")
      CHOICE("cancel", "again", "\"ack\",\"again\",\"timeout\",\"never\",\"reject\"")
      "\"positions\":{\"type\":\"array\",\"default\":[],\"items\":{\"type\":\"object\",\"properties\":{"
      "\"symbol\":{\"type\":\"string\",\"default\":\"\"},\"quantity\":{\"type\":\"number\",\"default\":0},"
      "\"cost\":{\"type\":\"number\",\"default\":0}}}}}}",
    .interfaces = interfaces, .tier = AL_TIER_NONE,
  };
  static const al_descriptor_v1 *const list[] = {&descriptor};
  static const al_entry_v1 entry = {
    .size = sizeof entry, .abi_major = AL_ABI_MAJOR, .abi_minor = AL_ABI_MINOR, .n_descriptors = 1, .descriptors = list,
    .create = desk_create,
  };
  (void)host_minor;
  return host_major == AL_ABI_MAJOR ? &entry : NULL;
}

__attribute__((used, section(AL_NOTE_SECTION))) static const al_note_v1 desk_note = {
  sizeof(al_note_v1), AL_NOTE_MAGIC, AL_ABI_MAJOR, AL_ABI_MINOR, AL_SDK_VERSION, 0, "cc"};
