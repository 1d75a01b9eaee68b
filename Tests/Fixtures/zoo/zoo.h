/* A well-behaved agent in C. Every plugin of the zoo is this one with exactly one thing wrong: it defines the macro of the
 * part that it replaces, includes this file, and writes the part. */
#ifndef ZOO_H
#define ZOO_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alphaloop.h"

#ifndef ZOO_ID
#define ZOO_ID "zoo.agent"
#endif
#ifndef ZOO_NOTE_MAJOR
#define ZOO_NOTE_MAJOR 1
#endif
#ifndef ZOO_FLAGS
#define ZOO_FLAGS AL_FLAG_DETERMINISTIC
#endif
#ifndef ZOO_KINDS
#define ZOO_KINDS AL_KIND_AGENT
#endif
#ifndef ZOO_INPUTS
#define ZOO_INPUTS AL_IN_BARS
#endif
#ifndef ZOO_OUTPUTS
#define ZOO_OUTPUTS AL_OUT_VIEW
#endif
#ifndef ZOO_SCHEMA
#define ZOO_SCHEMA \
  "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"span\":{\"type\":\"integer\",\"default\":5," \
  "\"minimum\":2,\"maximum\":50}}}"
#endif
#ifndef ZOO_ENTRY_SIZE
#define ZOO_ENTRY_SIZE sizeof(al_entry_v1)
#endif
#ifndef ZOO_DESCRIPTOR_SIZE
#define ZOO_DESCRIPTOR_SIZE sizeof(al_descriptor_v1)
#endif
#ifndef ZOO_INTERFACES
#define ZOO_INTERFACES AL_INTERFACE_AGENT, AL_INTERFACE_STATE
#endif

enum { zoo_lookback = 5, zoo_maximum = 64 };

#ifndef ZOO_NO_NOTE
__attribute__((section(AL_NOTE_SECTION), used)) static const al_note_v1 zoo_note = {
  sizeof(al_note_v1), AL_NOTE_MAGIC, ZOO_NOTE_MAJOR, AL_ABI_MINOR, AL_SDK_VERSION, 0, "cc"};
#endif

typedef struct zoo {
  const al_host_v1 *host;
  uint32_t n;
  uint32_t started;
  int64_t evaluations;
  int64_t seen[zoo_maximum];
  double average[zoo_maximum]; /* exponential, of closes */
} zoo;

/* The parts. */
static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err);
static al_status start(void *ctx, al_error_v1 *err);
static al_status stop(void *ctx, al_error_v1 *err);
static void destroy(void *ctx);
static const void *get_interface(void *ctx, const char *id);
__attribute__((unused)) static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out);
static al_status save(void *ctx, const al_sink_v1 *to, al_error_v1 *err);
static al_status restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err);

static inline al_status zoo_fail(al_error_v1 *err, al_status status, const char *text) {
  if (err != NULL) {
    uint32_t length = (uint32_t)strlen(text);
    err->code = status;
    err->len = length < err->cap ? length : err->cap;
    if (err->len > 0) memcpy(err->buf, text, err->len);
  }
  return status;
}

static inline bool zoo_is(al_str_v1 text, const char *expected) {
  return text.len == strlen(expected) && memcmp(text.ptr, expected, text.len) == 0;
}

static inline al_status zoo_make(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  if (!zoo_is(args->id, ZOO_ID)) return zoo_fail(err, AL_E_ARGUMENT, "there is only '" ZOO_ID "' here");
  zoo *z = calloc(1, sizeof *z);
  if (z == NULL) return zoo_fail(err, AL_E_INTERNAL, "no memory");
  z->host = host;
  *out = (al_instance_v1){sizeof *out, 0, z, get_interface, start, stop, destroy};
  return AL_OK;
}

#ifndef ZOO_CREATE
static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  return zoo_make(host, args, out, err);
}
#endif

#ifndef ZOO_START
static al_status start(void *ctx, al_error_v1 *err) {
  zoo *z = ctx;
  if (z->started) return zoo_fail(err, AL_E_STATE, "started already");
  z->started = 1;
  return AL_OK;
}
#endif

#ifndef ZOO_STOP
static al_status stop(void *ctx, al_error_v1 *err) {
  (void)err;
  ((zoo *)ctx)->started = 0;
  return AL_OK;
}
#endif

#ifndef ZOO_DESTROY
static void destroy(void *ctx) { free(ctx); }
#endif

static inline al_status bind(void *ctx, const al_universe_v1 *universe, al_needs_v1 *needs, al_error_v1 *err) {
  zoo *z = ctx;
  if (universe->n > zoo_maximum) return zoo_fail(err, AL_E_CONFIG, "at most 64 instruments");
  z->n = universe->n;
  needs->triggers = AL_CAUSE_PANEL;
  needs->lookback = zoo_lookback;
  needs->warm_up = zoo_lookback;
  needs->columns = AL_COLUMN_CLOSE;
  return AL_OK;
}

static inline al_row_v1 zoo_abstain(uint32_t i, uint32_t reason) {
  al_row_v1 row = {0};
  row.kind = AL_ROW_ABSTAIN;
  row.instrument = i;
  row.reason = reason;
  return row;
}

static inline al_row_v1 zoo_view(uint32_t i, double score) {
  al_row_v1 row = {0};
  row.kind = AL_ROW_VIEW;
  row.instrument = i;
  row.value = score;
  row.confidence = 0.5;
  return row;
}

/* The well-behaved answer about one instrument. */
static inline al_row_v1 zoo_answer(zoo *z, const al_input_v1 *in, uint32_t i) {
  const al_window_v1 *w = in->windows == NULL ? NULL : in->windows[i];
  if (w == NULL || w->close == NULL) return zoo_abstain(i, AL_REASON_MISSING_CAPABILITY);
  if (w->count < zoo_lookback) return zoo_abstain(i, AL_REASON_WARM_UP);
  uint32_t end = w->first + w->count;
  double sum = 0;
  for (uint32_t row = end - zoo_lookback; row < end; row++) {
    if (!isfinite(w->close[row]) || w->close[row] <= 0) return zoo_abstain(i, AL_REASON_INVALID_DATA);
    sum += w->close[row];
  }
  double mean = sum / zoo_lookback, last = w->close[end - 1];
  if (w->ts[end - 1] > z->seen[i]) {
    z->average[i] = z->seen[i] == 0 ? mean : z->average[i] + (last - z->average[i]) / 3;
    z->seen[i] = w->ts[end - 1];
  }
  return zoo_view(i, tanh(10 * (last / z->average[i] - 1)));
}

/* True when there is room for n rows; else the call is over. */
static inline bool zoo_has_room(al_output_v1 *out, uint32_t n) {
  out->len = 0;
  out->needed = out->cap < n ? n : 0;
  return out->cap >= n;
}

#ifndef ZOO_EVALUATE
static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  zoo *z = ctx;
  if (!zoo_has_room(out, z->n)) return AL_E_CAPACITY;
  z->evaluations++;
  for (uint32_t i = 0; i < z->n; i++) out->rows[i] = zoo_answer(z, in, i);
  out->len = z->n;
  return AL_OK;
}
#endif

/* State: a magic word, the size of the universe, and the fields of every instrument. */
#ifndef ZOO_SAVE
static al_status save(void *ctx, const al_sink_v1 *to, al_error_v1 *err) {
  zoo *z = ctx;
  uint32_t head[2] = {0x4f4f5a31, z->n};
  if (to->write(to->ctx, head, sizeof head) != AL_OK ||
      to->write(to->ctx, &z->evaluations, sizeof z->evaluations) != AL_OK ||
      to->write(to->ctx, z->seen, z->n * sizeof z->seen[0]) != AL_OK ||
      to->write(to->ctx, z->average, z->n * sizeof z->average[0]) != AL_OK)
    return zoo_fail(err, AL_E_IO, "the host did not take the state");
  return AL_OK;
}
#endif

/* Exactly n bytes. */
static inline bool zoo_read(const al_source_v1 *from, void *into, uint64_t n) {
  char *place = into;
  while (n > 0) {
    int64_t got = from->read(from->ctx, place, n);
    if (got <= 0) return false;
    place += got;
    n -= (uint64_t)got;
  }
  return true;
}

static inline bool zoo_at_end(const al_source_v1 *from) {
  char byte;
  return from->read(from->ctx, &byte, 1) == 0;
}

#ifndef ZOO_RESTORE
static al_status restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err) {
  zoo *z = ctx, next = *z;
  uint32_t head[2];
  if (version != 1) return zoo_fail(err, AL_E_DATA, "state of another version");
  if (!zoo_read(from, head, sizeof head) || head[0] != 0x4f4f5a31 || head[1] != z->n ||
      !zoo_read(from, &next.evaluations, sizeof next.evaluations) ||
      !zoo_read(from, next.seen, z->n * sizeof next.seen[0]) ||
      !zoo_read(from, next.average, z->n * sizeof next.average[0]) || !zoo_at_end(from))
    return zoo_fail(err, AL_E_DATA, "not a state of this agent and universe");
  *z = next;
  return AL_OK;
}
#endif

#ifndef ZOO_AGENT_EVALUATE
#define ZOO_AGENT_EVALUATE evaluate
#endif
static const al_agent_v1 agent_table = {sizeof agent_table, 0, bind, ZOO_AGENT_EVALUATE};
static const al_state_v1 state_table = {sizeof state_table, 0, save, restore};

#ifndef ZOO_INTERFACE
static const void *get_interface(void *ctx, const char *id) {
  (void)ctx;
  if (strcmp(id, AL_INTERFACE_AGENT) == 0) return &agent_table;
  if (strcmp(id, AL_INTERFACE_STATE) == 0) return &state_table;
  return NULL;
}
#endif

static const char *const zoo_interfaces[] = {ZOO_INTERFACES, NULL};
static const al_descriptor_v1 zoo_descriptor = {
  .size = ZOO_DESCRIPTOR_SIZE,
  .kinds = ZOO_KINDS,
  .flags = ZOO_FLAGS,
  .inputs = ZOO_INPUTS,
  .outputs = ZOO_OUTPUTS,
  .id = ZOO_ID,
  .name = "Zoo",
  .vendor = "Alpha Loop",
  .version = "1.0.0",
  .license = "Apache-2.0",
  .summary = "A fixture of the conformance tests",
  .family = "",
  .parameters = ZOO_SCHEMA,
  .interfaces = zoo_interfaces,
  .tier = (ZOO_KINDS) & AL_KIND_AGENT ? AL_TIER_JUNIOR : AL_TIER_NONE,
  .warm_up = zoo_lookback,
  .max_rows = 1,
  .state_version = 1,
  .min_state_version = 1,
};
static const al_descriptor_v1 *const zoo_descriptors[] = {&zoo_descriptor};
static const al_entry_v1 zoo_entry = {ZOO_ENTRY_SIZE, AL_ABI_MAJOR, AL_ABI_MINOR, 0, 1, 0, zoo_descriptors, create};

#ifndef ZOO_ENTRY
const al_entry_v1 *alphaloop_plugin_v1(uint32_t host_major, uint32_t host_minor) {
  (void)host_minor;
  return host_major == AL_ABI_MAJOR ? &zoo_entry : NULL;
}
#endif

#endif
