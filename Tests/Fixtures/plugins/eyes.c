/* Logs everything it is shown, one line a row, and answers what its parameter "answer" says:
 * 0 nothing; 1 a view of 0.5 of each instrument; 2 not a number; 3 a score of 2; 4 an instrument outside; 5 a weight, which
 * it does not declare; 6 the universe abstains; 7 more rows than it may. Its parameter "timer" asks to be called at that
 * many seconds after its first evaluation. */
#include <alphaloop.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct eyes {
  const al_host_v1 *host;
  uint32_t n;
  int64_t answer;
  int64_t timer;
  int64_t triggers;
} eyes;

static void say(eyes *me, const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  const int n = vsnprintf(text, sizeof text, format, list);
  va_end(list);
  me->host->log(me->host->ctx, AL_LOG_INFO, (al_str_v1){text, (uint64_t)n});
}

static long long days(int64_t ns) { return ns / 86400000000000LL; }

static al_status eyes_bind(void *ctx, const al_universe_v1 *universe, al_needs_v1 *needs, al_error_v1 *err) {
  (void)err;
  eyes *me = ctx;
  me->n = universe->n;
  for (uint32_t i = 0; i < me->n; i++) {
    const al_instrument_v1 *x = universe->instruments[i];
    say(me, "bound %.*s %.*s", (int)x->symbol.len, x->symbol.ptr, (int)x->sector.len, x->sector.ptr);
  }
  *needs = (al_needs_v1){.size = sizeof *needs, .triggers = (uint32_t)me->triggers, .lookback = 2, .warm_up = 1,
                         .columns = AL_COLUMN_CLOSE | AL_COLUMN_VOLUME};
  return AL_OK;
}

static void say_facts(eyes *me, const char *kind, const al_facts_v1 *facts, uint32_t subjects) {
  if (facts == NULL) return;
  for (uint32_t i = 0; i < subjects; i++) {
    for (uint32_t r = facts->offsets[i]; r < facts->offsets[i + 1]; r++) {
      const al_fact_v1 *row = &facts->rows[r];
      say(me, "%s %u %.*s %lld %lld %g", kind, i, (int)facts->names[row->field].len, facts->names[row->field].ptr,
          days(row->period_ns), days(row->known_ns), row->value);
    }
  }
}

static void say_market(eyes *me, const al_input_v1 *input) {
  for (uint32_t i = 0; input->windows != NULL && i < me->n; i++) {
    const al_window_v1 *w = input->windows[i];
    char text[256] = "";
    for (uint32_t r = 0; w->close != NULL && r < w->count; r++)
      snprintf(text + strlen(text), sizeof text - strlen(text), " %g", w->close[w->first + r]);
    say(me, "closes %u%s%s", i, text, w->volume == NULL ? " without volume" : "");
  }
  for (uint32_t i = 0; input->quotes != NULL && i < me->n; i++)
    if (input->quotes[i]->ts != 0) say(me, "quote %u %g %g", i, input->quotes[i]->bid, input->quotes[i]->ask);
  for (uint32_t k = 0; k < input->n_trades; k++)
    say(me, "trade %u %g %g", input->trades[k].instrument, input->trades[k].price, input->trades[k].size);
  for (uint32_t k = 0; k < input->n_options; k++) {
    const al_option_v1 *o = &input->options[k];
    say(me, "option %u %g %s %g", o->underlying, o->strike, o->right == AL_RIGHT_CALL ? "call" : "put", o->bid);
  }
}

static void say_rest(eyes *me, const al_input_v1 *input) {
  for (uint32_t k = 0; k < input->n_news; k++)
    say(me, "news %d %.*s", (int)input->news[k].instrument, (int)input->news[k].headline.len, input->news[k].headline.ptr);
  for (uint32_t k = 0; k < input->n_events; k++)
    say(me, "event %d %u %g", (int)input->events[k].instrument, input->events[k].kind, input->events[k].value);
  if (input->portfolio != NULL) {
    say(me, "portfolio %lld %lld %lld", (long long)(input->portfolio->equity / AL_UNIT),
        (long long)(input->portfolio->cash / AL_UNIT), (long long)(input->portfolio->gross / AL_UNIT));
    for (uint32_t i = 0; i < input->portfolio->n_positions; i++) {
      const al_position_v1 *p = input->portfolio->positions[i];
      if (p->quantity != 0) say(me, "position %u %lld %lld", i, (long long)(p->quantity / AL_UNIT), (long long)(p->last / AL_UNIT));
    }
  }
  for (uint32_t k = 0; k < input->n_work; k++)
    say(me, "work %u %lld", input->work[k].instrument, (long long)(input->work[k].total / AL_UNIT));
  for (uint64_t k = 0; input->views != NULL && k < input->views->n_rows; k++) {
    const al_view_v1 *v = &input->views->rows[k];
    say(me, "view %d %d %u %g", (int)v->agent, (int)v->row.instrument, v->row.kind, v->row.value);
  }
  for (uint32_t k = 0; input->views != NULL && k < input->views->n_agents; k++)
    say(me, "record %.*s %u %g", (int)input->views->records[k].instance.len, input->views->records[k].instance.ptr,
        input->views->records[k].wins, input->views->records[k].last_return);
  if (input->session != NULL) say(me, "session %lld next %lld", days(input->session->date_ns), days(input->session->next_date_ns));
}

static al_status eyes_evaluate(void *ctx, const al_input_v1 *input, al_output_v1 *output) {
  eyes *me = ctx;
  say(me, "at %lld.%05lld cause %u timer %llu", days(input->as_of_ns), (long long)(input->as_of_ns / 1000000000 % 86400),
      input->cause, (unsigned long long)input->timer);
  say_market(me, input);
  say_facts(me, "fundamental", input->fundamentals, me->n);
  say_facts(me, "macro", input->macro, 1);
  say_rest(me, input);
  if (me->timer > 0) {
    me->host->timer(me->host->ctx, input->as_of_ns + me->timer * 1000000000, 7);
    me->timer = 0;
  }
  const uint32_t rows = me->answer == 7 ? 2 * me->n : me->n;
  if (me->answer == 6) output->rows[output->len++] = (al_row_v1){.kind = AL_ROW_ABSTAIN, .instrument = AL_NONE, .reason = AL_REASON_STALE};
  for (uint32_t k = 0; k < rows && me->answer != 0 && me->answer != 6; k++) {
    al_row_v1 row = {.kind = AL_ROW_VIEW, .instrument = k % me->n, .value = 0.5, .confidence = 1, .time_ns = 60};
    if (me->answer == 2) row.value = NAN;
    if (me->answer == 3) row.value = 2;
    if (me->answer == 4) row.instrument = me->n + k;
    if (me->answer == 5) row.kind = AL_ROW_WEIGHT;
    output->rows[output->len++] = row;
  }
  return AL_OK;
}

static al_status eyes_save(void *ctx, const al_sink_v1 *to, al_error_v1 *err) {
  (void)ctx;
  (void)to;
  (void)err;
  return AL_OK;
}

static al_status eyes_restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err) {
  (void)ctx;
  (void)version;
  (void)from;
  (void)err;
  return AL_OK;
}

static const void *eyes_interface(void *ctx, const char *id) {
  static const al_agent_v1 agent = {sizeof agent, 0, eyes_bind, eyes_evaluate};
  static const al_state_v1 state = {sizeof state, 0, eyes_save, eyes_restore};
  (void)ctx;
  if (strcmp(id, AL_INTERFACE_AGENT) == 0) return &agent;
  if (strcmp(id, AL_INTERFACE_STATE) == 0) return &state;
  return NULL;
}

static al_status eyes_nothing(void *ctx, al_error_v1 *err) {
  (void)ctx;
  (void)err;
  return AL_OK;
}

static al_status eyes_create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  (void)err;
  eyes *me = calloc(1, sizeof *me);
  if (me == NULL) return AL_E_INTERNAL;
  me->host = host;
  for (uint32_t i = 0; i < args->n_parameters; i++) {
    const al_param_v1 *p = &args->parameters[i];
    if (p->name.len == 6 && memcmp(p->name.ptr, "answer", 6) == 0) me->answer = p->integer;
    if (p->name.len == 5 && memcmp(p->name.ptr, "timer", 5) == 0) me->timer = p->integer;
    if (p->name.len == 8 && memcmp(p->name.ptr, "triggers", 8) == 0) me->triggers = p->integer;
  }
  say(me, "granted %llu", (unsigned long long)args->inputs);
  *out = (al_instance_v1){sizeof *out, 0, me, eyes_interface, eyes_nothing, eyes_nothing, free};
  return AL_OK;
}

#define INTEGER(name, value) "\"" name "\":{\"type\":\"integer\",\"default\":" value "}"

const al_entry_v1 *alphaloop_plugin_v1(uint32_t host_major, uint32_t host_minor) {
  static const char *const interfaces[] = {AL_INTERFACE_AGENT, AL_INTERFACE_STATE, NULL};
  static const al_descriptor_v1 all = {
    .size = sizeof all, .kinds = AL_KIND_AGENT, .flags = AL_FLAG_DETERMINISTIC, .inputs = 2047,
    .outputs = AL_OUT_VIEW, .id = "fixture.eyes", .name = "Eyes", .vendor = "Alpha Loop", .version = "1.0.0",
    .license = "Apache-2.0", .summary = "A test fixture", .family = "",
    .parameters = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" INTEGER("answer", "0") ","
                  INTEGER("timer", "0") "," INTEGER("triggers", "254") "}}",
    .interfaces = interfaces, .tier = AL_TIER_JUNIOR, .max_rows = 1, .state_version = 1, .min_state_version = 1,
  };
  /* The same agent, but it declares bars only. */
  static al_descriptor_v1 narrow;
  narrow = all;
  narrow.id = "fixture.bars_only";
  narrow.inputs = AL_IN_BARS;
  static const al_descriptor_v1 *const list[] = {&all, &narrow};
  static const al_entry_v1 entry = {
    .size = sizeof entry, .abi_major = AL_ABI_MAJOR, .abi_minor = AL_ABI_MINOR, .n_descriptors = 2, .descriptors = list,
    .create = eyes_create,
  };
  (void)host_minor;
  return host_major == AL_ABI_MAJOR ? &entry : NULL;
}

__attribute__((used, section(AL_NOTE_SECTION))) static const al_note_v1 eyes_note = {
  sizeof(al_note_v1), AL_NOTE_MAGIC, AL_ABI_MAJOR, AL_ABI_MINOR, AL_SDK_VERSION, 0, "cc"};
