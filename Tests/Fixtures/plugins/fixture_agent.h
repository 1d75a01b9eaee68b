/* An agent that counts, draws, logs and sets timers, and at one evaluation does what the including file says. A file
 * defines FIXTURE_ID and `misbehave`, and is compiled alone:
 *   cc -std=c11 -O1 -fPIC -shared -fvisibility=hidden -I PluginSDK/include FILE.c -o FILE.so
 * Parameters: "at" (the evaluation at which it misbehaves, from 1; 0 never), "every" (1: at and ever after). */
#include <alphaloop.h>
#include <stdlib.h>
#include <string.h>

typedef struct fixture {
  const al_host_v1 *host;
  uint32_t n;
  int32_t metric;
  uint64_t calls;
  int64_t at;
  int64_t every;
} fixture;

/* What is wrong with this agent. */
static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output);

/* Another build of the same agent turns its views round: -1. */
#ifndef FIXTURE_SIGN
#define FIXTURE_SIGN 1
#endif

/* Done in create, before a worker is locked down. */
#ifndef FIXTURE_PREPARE
#define FIXTURE_PREPARE(me)
#endif

static al_str_v1 fixture_text(const char *text) { return (al_str_v1){text, strlen(text)}; }

static al_status fixture_bind(void *ctx, const al_universe_v1 *universe, al_needs_v1 *needs, al_error_v1 *err) {
  (void)err;
  ((fixture *)ctx)->n = universe->n;
  *needs = (al_needs_v1){.size = sizeof *needs, .triggers = AL_CAUSE_PANEL | AL_CAUSE_TIMER, .lookback = 4, .warm_up = 1,
                         .columns = AL_COLUMN_CLOSE};
  return AL_OK;
}

/* One view an instrument, made of everything that must be the same in a worker: state, random numbers, time, inputs. */
static void fixture_answer(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  const uint64_t draw = me->host->random(me->host->ctx, me->calls % 3);
  for (uint32_t i = 0; i < me->n; i++) {
    const al_window_v1 *w = input->windows[i];
    const double close = w->close[w->first + w->count - 1];
    al_row_v1 *row = &output->rows[output->len++];
    *row = (al_row_v1){.kind = AL_ROW_VIEW, .instrument = i};
    row->value = (double)((draw >> i) % 1000) / 1000.0 * (close > 0 ? FIXTURE_SIGN : -FIXTURE_SIGN);
    row->confidence = (double)(me->calls % 100) / 100.0;
    row->time_ns = me->host->now(me->host->ctx) - input->as_of_ns + 1;
  }
}

static al_status fixture_evaluate(void *ctx, const al_input_v1 *input, al_output_v1 *output) {
  fixture *me = ctx;
  me->calls++;
  const int64_t number = (int64_t)input->sequence + 1;
  if (me->at > 0 && (number == me->at || (me->every && number > me->at)))
    misbehave(me, input, output);
  fixture_answer(me, input, output);
  me->host->metric_set(me->host->ctx, me->metric, (double)me->calls);
  if (me->calls % 16 == 0) {
    me->host->log(me->host->ctx, AL_LOG_INFO, fixture_text("sixteen more"));
    me->host->timer(me->host->ctx, input->as_of_ns + 1, me->calls);
  }
  return AL_OK;
}

static al_status fixture_save(void *ctx, const al_sink_v1 *to, al_error_v1 *err) {
  (void)err;
  return to->write(to->ctx, &((fixture *)ctx)->calls, sizeof(uint64_t));
}

static al_status fixture_restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err) {
  (void)version;
  (void)err;
  uint64_t calls = 0;
  return from->read(from->ctx, &calls, sizeof calls) == sizeof calls ? (((fixture *)ctx)->calls = calls, AL_OK) : AL_E_DATA;
}

static const void *fixture_interface(void *ctx, const char *id) {
  static const al_agent_v1 agent = {sizeof agent, 0, fixture_bind, fixture_evaluate};
  static const al_state_v1 state = {sizeof state, 0, fixture_save, fixture_restore};
  (void)ctx;
  if (strcmp(id, AL_INTERFACE_AGENT) == 0) return &agent;
  if (strcmp(id, AL_INTERFACE_STATE) == 0) return &state;
  return NULL;
}

static al_status fixture_nothing(void *ctx, al_error_v1 *err) {
  (void)ctx;
  (void)err;
  return AL_OK;
}

static al_status fixture_create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  (void)err;
  fixture *me = calloc(1, sizeof *me);
  if (me == NULL) return AL_E_INTERNAL;
  me->host = host;
  for (uint32_t i = 0; i < args->n_parameters; i++) {
    const al_param_v1 *p = &args->parameters[i];
    if (p->name.len == 2 && memcmp(p->name.ptr, "at", 2) == 0) me->at = p->integer;
    if (p->name.len == 5 && memcmp(p->name.ptr, "every", 5) == 0) me->every = p->integer;
  }
  me->metric = host->metric(host->ctx, fixture_text("calls"), AL_METRIC_GAUGE);
  FIXTURE_PREPARE(me)
  *out = (al_instance_v1){sizeof *out, 0, me, fixture_interface, fixture_nothing, fixture_nothing, free};
  return AL_OK;
}

const al_entry_v1 *alphaloop_plugin_v1(uint32_t host_major, uint32_t host_minor) {
  static const char *const interfaces[] = {AL_INTERFACE_AGENT, AL_INTERFACE_STATE, NULL};
  static const al_descriptor_v1 descriptor = {
    .size = sizeof descriptor, .kinds = AL_KIND_AGENT, .flags = AL_FLAG_DETERMINISTIC, .inputs = AL_IN_BARS,
    .outputs = AL_OUT_VIEW, .id = FIXTURE_ID, .name = FIXTURE_ID, .vendor = "Alpha Loop", .version = "1.0.0",
    .license = "Apache-2.0", .summary = "A test fixture", .family = "",
    .parameters = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"at\":{\"type\":\"integer\",\"default\":0},"
                  "\"every\":{\"type\":\"integer\",\"default\":0}}}",
    .interfaces = interfaces, .tier = AL_TIER_JUNIOR, .max_rows = 1, .state_version = 1, .min_state_version = 1,
  };
  static const al_descriptor_v1 *const list[] = {&descriptor};
  static const al_entry_v1 entry = {
    .size = sizeof entry, .abi_major = AL_ABI_MAJOR, .abi_minor = AL_ABI_MINOR, .n_descriptors = 1, .descriptors = list,
    .create = fixture_create,
  };
  (void)host_minor;
  return host_major == AL_ABI_MAJOR ? &entry : NULL;
}

__attribute__((used, section(AL_NOTE_SECTION))) static const al_note_v1 fixture_note = {
  sizeof(al_note_v1), AL_NOTE_MAGIC, AL_ABI_MAJOR, AL_ABI_MINOR, AL_SDK_VERSION, 0, "cc"};
