/* For simulations of the whole system in one process: a connected broker without a thread, whose every call goes to the
 * program that loaded it, and an agent of limit orders that now and then misbehaves.
 *
 * The program's table lies where the environment variable ALPHALOOP_PUPPET says: the address, in hexadecimal, of a pointer to
 * the context and a pointer to an al_broker_v1. Not a parameter: parameters are part of a session's identity. */
#include <alphaloop.h>
#include <stdlib.h>
#include <string.h>

typedef struct strings {
  void *ctx;
  const al_broker_v1 *table;
} strings;

static const strings *pulled(void) {
  const char *text = getenv("ALPHALOOP_PUPPET");
  return text == NULL ? NULL : (const strings *)(uintptr_t)strtoull(text, NULL, 16);
}

#define PULL(call, ...) \
  const strings *s = pulled(); \
  (void)ctx; \
  return s == NULL ? AL_E_STATE : s->table->call(s->ctx, __VA_ARGS__)

static al_status broker_bind(void *ctx, const al_universe_v1 *u, const al_report_feed_v1 *f, al_error_v1 *e) { PULL(bind, u, f, e); }
static al_status broker_submit(void *ctx, const al_order_v1 *o, uint32_t n, al_ack_v1 *a, al_error_v1 *e) { PULL(submit, o, n, a, e); }
static al_status broker_cancel(void *ctx, const al_order_id_v1 *i, uint32_t n, al_ack_v1 *a, al_error_v1 *e) { PULL(cancel, i, n, a, e); }
static al_status broker_open_orders(void *ctx, al_reports_v1 *r, al_error_v1 *e) { PULL(open_orders, r, e); }
static al_status broker_executions(void *ctx, int64_t t, al_reports_v1 *r, al_error_v1 *e) { PULL(executions, t, r, e); }
static al_status broker_positions(void *ctx, al_holdings_v1 *h, al_error_v1 *e) { PULL(positions, h, e); }
static al_status broker_account(void *ctx, al_account_v1 *a, al_error_v1 *e) { PULL(account, a, e); }

typedef struct agent {
  uint32_t n;
  uint64_t salt;
} agent;

/* SplitMix64 of a number. */
static uint64_t mixed(uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static al_status agent_bind(void *ctx, const al_universe_v1 *universe, al_needs_v1 *needs, al_error_v1 *err) {
  (void)err;
  ((agent *)ctx)->n = universe->n;
  *needs = (al_needs_v1){.size = sizeof *needs, .triggers = AL_CAUSE_PANEL, .lookback = 1, .columns = AL_COLUMN_CLOSE};
  return AL_OK;
}

/* Everything follows from the time and the price: a replay asks again and hears the same. */
static al_status agent_evaluate(void *ctx, const al_input_v1 *input, al_output_v1 *output) {
  static const uint8_t tifs[] = {AL_TIF_DAY, AL_TIF_DAY, AL_TIF_GTC, AL_TIF_IOC};
  agent *me = ctx;
  const uint64_t day = mixed((uint64_t)input->as_of_ns ^ me->salt);
  if (day % 61 == 0) return AL_E_INTERNAL;
  if (day % 61 == 1) return AL_E_TIMEOUT;
  for (uint32_t i = 0; i < me->n; i++) {
    const uint64_t z = mixed(day + i);
    const al_window_v1 *w = input->windows[i];
    if (z % 5 > 2 || w->count == 0) continue;
    const double close = w->close[w->first + w->count - 1];
    al_row_v1 *row = &output->rows[output->len++];
    *row = (al_row_v1){.kind = AL_ROW_ORDER, .instrument = i, .order_type = AL_ORDER_LIMIT};
    row->time_in_force = tifs[(z >> 8) % 4];
    const int64_t side = (z >> 16) & 1 ? 1 : -1;
    row->quantity = side * (int64_t)(1 + (z >> 20) % 40) * AL_UNIT;
    row->limit_price = ((int64_t)(close * 100 + 0.5) + side * ((int64_t)((z >> 32) % 120) - 80)) * (AL_UNIT / 100);
    if (z % 97 == 0) row->value = __builtin_nan("");
    if (z % 97 == 1) row->instrument = 77;
    if (z % 97 == 2) row->quantity = INT64_MAX;
  }
  return AL_OK;
}

static const void *interface(void *ctx, const char *id) {
  static const al_broker_v1 broker = {
    .size = sizeof broker, .bind = broker_bind, .submit = broker_submit, .cancel = broker_cancel,
    .open_orders = broker_open_orders, .executions = broker_executions, .positions = broker_positions,
    .account = broker_account,
  };
  static const al_agent_v1 table = {sizeof table, 0, agent_bind, agent_evaluate};
  (void)ctx;
  if (strcmp(id, AL_INTERFACE_BROKER) == 0) return &broker;
  return strcmp(id, AL_INTERFACE_AGENT) == 0 ? &table : NULL;
}

static al_status nothing(void *ctx, al_error_v1 *err) {
  (void)ctx;
  (void)err;
  return AL_OK;
}

static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  (void)err;
  (void)host;
  agent *me = calloc(1, sizeof *me);
  if (me == NULL) return AL_E_INTERNAL;
  for (uint32_t i = 0; i < args->n_parameters; i++)
    if (args->parameters[i].name.len == 4 && memcmp(args->parameters[i].name.ptr, "salt", 4) == 0)
      me->salt = (uint64_t)args->parameters[i].integer;
  *out = (al_instance_v1){sizeof *out, 0, me, interface, nothing, nothing, free};
  return AL_OK;
}

const al_entry_v1 *alphaloop_plugin_v1(uint32_t host_major, uint32_t host_minor) {
  static const char *const brokers[] = {AL_INTERFACE_BROKER, NULL};
  static const char *const agents[] = {AL_INTERFACE_AGENT, NULL};
  static const al_descriptor_v1 broker = {
    .size = sizeof broker, .kinds = AL_KIND_BROKER, .id = "broker.puppet", .name = "Puppet", .vendor = "Alpha Loop",
    .version = "1.0.0", .license = "Apache-2.0", .summary = "Its program answers", .family = "",
    .parameters = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{}}", .interfaces = brokers,
    .tier = AL_TIER_NONE,
  };
  static const al_descriptor_v1 orders = {
    .size = sizeof orders, .kinds = AL_KIND_AGENT, .flags = AL_FLAG_DETERMINISTIC, .inputs = AL_IN_BARS,
    .outputs = AL_OUT_ORDER, .id = "puppet.limits", .name = "Limit orders", .vendor = "Alpha Loop", .version = "1.0.0",
    .license = "Apache-2.0", .summary = "Limit orders at random, and now and then nonsense", .family = "",
    .parameters = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"salt\":{\"type\":\"integer\",\"default\":0}}}",
    .interfaces = agents, .tier = AL_TIER_JUNIOR, .max_rows = 1,
  };
  static const al_descriptor_v1 *const list[] = {&broker, &orders};
  static const al_entry_v1 entry = {
    .size = sizeof entry, .abi_major = AL_ABI_MAJOR, .abi_minor = AL_ABI_MINOR, .n_descriptors = 2, .descriptors = list,
    .create = create,
  };
  (void)host_minor;
  return host_major == AL_ABI_MAJOR ? &entry : NULL;
}

__attribute__((used, section(AL_NOTE_SECTION))) static const al_note_v1 note = {
  sizeof(al_note_v1), AL_NOTE_MAGIC, AL_ABI_MAJOR, AL_ABI_MINOR, AL_SDK_VERSION, 0, "cc"};
