/* __NAME__: long while a fast average of the closes is above a slow one, short while it is below (Appel, "Technical
 * Analysis", 2005, uses the same two exponential averages). The score is the gap as a share of the slow average. */
#include <alphaloop.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

__attribute__((section(AL_NOTE_SECTION), used)) static const al_note_v1 note = {
    sizeof(al_note_v1), AL_NOTE_MAGIC, AL_ABI_MAJOR, AL_ABI_MINOR, AL_SDK_VERSION, 0, "gcc " __VERSION__};

#define STATE_VERSION 1
#define DAY_NS INT64_C(86400000000000)
/* A name whose newest bar is older than half a day missed today's. */
#define MAXIMUM_AGE (DAY_NS / 2)

/* Both averages of one instrument. */
typedef struct {
  double fast;
  double slow;
  int64_t bars; /* usable bars so far */
  int64_t last; /* time of the newest bar seen, usable or not */
} average;

/* One instance: everything it knows is here, nothing is global. */
typedef struct {
  uint32_t slow_bars;
  double fast_share;
  double slow_share;
  double full;
  int64_t horizon;
  uint32_t n;
  average *averages;
  int is_bound;
  int is_started;
} cross;

/* Writes a text and its code into the host's buffer. */
static al_status fail(al_error_v1 *err, al_status code, const char *text) {
  if (err) {
    uint32_t n = (uint32_t)strlen(text);
    err->code = code;
    err->len = n < err->cap ? n : err->cap;
    if (err->buf) memcpy(err->buf, text, err->len);
    else err->len = 0;
  }
  return code;
}

static const al_param_v1 *parameter(const al_create_v1 *args, const char *name) {
  size_t n = strlen(name);
  for (uint32_t i = 0; i < args->n_parameters; i++) {
    const al_param_v1 *p = &args->parameters[i];
    if (p->name.len == n && memcmp(p->name.ptr, name, n) == 0) return p;
  }
  return NULL;
}

/* ---- the agent ---- */

static al_status bind(void *ctx, const al_universe_v1 *universe, al_needs_v1 *needs, al_error_v1 *err) {
  cross *me = ctx;
  if (me->is_bound) return fail(err, AL_E_STATE, "bind is called once per instance");
  me->averages = calloc(universe->n ? universe->n : 1, sizeof(average));
  if (!me->averages) return fail(err, AL_E_INTERNAL, "no memory for the averages");
  me->n = universe->n;
  me->is_bound = 1;
  needs->triggers = AL_CAUSE_PANEL;
  needs->lookback = me->slow_bars;
  needs->warm_up = me->slow_bars;
  needs->columns = AL_COLUMN_CLOSE;
  return AL_OK;
}

static int is_price(double value) { return isfinite(value) && value > 0; }

/* Takes the rows that are newer than the last one seen. A close that is no price is left out of the averages. */
static void take(const cross *me, average *a, const al_window_v1 *w, uint32_t start, uint32_t end) {
  uint32_t row = end;
  while (row > start && w->ts[row - 1] > a->last) row--;
  for (; row < end; row++) {
    double price = w->close[row];
    a->last = w->ts[row];
    if (!is_price(price)) continue;
    a->fast = a->bars == 0 ? price : a->fast + me->fast_share * (price - a->fast);
    a->slow = a->bars == 0 ? price : a->slow + me->slow_share * (price - a->slow);
    a->bars++;
  }
}

/* Why an instrument cannot be answered now, AL_REASON_NONE where it can. */
static uint32_t fault(const cross *me, const average *a, const al_window_v1 *w, uint32_t start, uint32_t end,
                      int64_t as_of) {
  if (start == end) return AL_REASON_WARM_UP;
  if (as_of - w->ts[end - 1] > MAXIMUM_AGE) return AL_REASON_STALE;
  for (uint32_t row = start; row < end; row++)
    if (!is_price(w->close[row])) return AL_REASON_INVALID_DATA;
  return a->bars < me->slow_bars ? AL_REASON_WARM_UP : AL_REASON_NONE;
}

static void put(al_output_v1 *out, al_row_v1 row) { out->rows[out->len++] = row; }

static void abstain(al_output_v1 *out, uint32_t instrument, uint32_t reason) {
  put(out, (al_row_v1){.kind = AL_ROW_ABSTAIN, .instrument = instrument, .reason = reason});
}

static al_status evaluate(void *ctx, const al_input_v1 *in, al_output_v1 *out) {
  cross *me = ctx;
  if (!me->is_started || !me->is_bound) return AL_E_STATE;
  out->len = 0;
  out->needed = 0;
  /* Before anything changes: without room for every row the call is answered, and repeated by the host. */
  if (out->cap < me->n + 1) {
    out->needed = me->n + 1;
    return AL_E_CAPACITY;
  }
  if (in->n_instruments != me->n) return AL_E_ARGUMENT;
  for (uint32_t i = 0; i < me->n; i++) {
    const al_window_v1 *w = in->windows ? in->windows[i] : NULL;
    if (!w || !w->close) {
      abstain(out, i, AL_REASON_MISSING_CAPABILITY);
      continue;
    }
    average *a = &me->averages[i];
    /* The host may hold more rows than were asked for: read the newest `lookback` only. */
    uint32_t end = w->first + w->count;
    uint32_t start = end - (w->count < me->slow_bars ? w->count : me->slow_bars);
    take(me, a, w, start, end);
    uint32_t reason = fault(me, a, w, start, end, in->as_of_ns);
    if (reason != AL_REASON_NONE) {
      abstain(out, i, reason);
      continue;
    }
    double score = (a->fast - a->slow) / a->slow / me->full;
    score = score > 1 ? 1 : score < -1 ? -1 : score;
    if (score == 0) {
      abstain(out, i, AL_REASON_NO_SIGNAL);
    } else {
      /* A cross knows nothing of its own certainty; the gap is in the score already. */
      put(out, (al_row_v1){
                   .kind = AL_ROW_VIEW, .instrument = i, .value = score, .confidence = 0.5, .time_ns = me->horizon});
    }
  }
  return AL_OK;
}

static const al_agent_v1 agent_table = {sizeof(al_agent_v1), 0, bind, evaluate};

/* ---- its state: count, then fast, slow, bars, last of each instrument; 8 bytes each, little-endian ---- */

static void encode(unsigned char *to, uint64_t value) {
  for (int i = 0; i < 8; i++) to[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t decode(const unsigned char *from) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value |= (uint64_t)from[i] << (8 * i);
  return value;
}

static uint64_t bits(double value) {
  uint64_t b;
  memcpy(&b, &value, 8);
  return b;
}

static double number(uint64_t b) {
  double value;
  memcpy(&value, &b, 8);
  return value;
}

static al_status save(void *ctx, const al_sink_v1 *to, al_error_v1 *err) {
  cross *me = ctx;
  if (!me->is_bound) return fail(err, AL_E_STATE, "save needs a bound instance");
  size_t size = 8 + 32 * (size_t)me->n;
  unsigned char *bytes = malloc(size);
  if (!bytes) return fail(err, AL_E_INTERNAL, "no memory for the state");
  encode(bytes, me->n);
  for (uint32_t i = 0; i < me->n; i++) {
    unsigned char *at = bytes + 8 + 32 * (size_t)i;
    encode(at, bits(me->averages[i].fast));
    encode(at + 8, bits(me->averages[i].slow));
    encode(at + 16, (uint64_t)me->averages[i].bars);
    encode(at + 24, (uint64_t)me->averages[i].last);
  }
  al_status status = to->write(to->ctx, bytes, size);
  free(bytes);
  return status == AL_OK ? AL_OK : fail(err, status, "the host did not take the state");
}

/* Reads exactly size bytes and then the end. Short reads are normal. */
static int read_exactly(const al_source_v1 *from, unsigned char *bytes, size_t size) {
  unsigned char extra;
  size_t done = 0;
  while (done < size) {
    int64_t n = from->read(from->ctx, bytes + done, size - done);
    if (n <= 0 || (uint64_t)n > size - done) return 0;
    done += (size_t)n;
  }
  return from->read(from->ctx, &extra, 1) == 0;
}

static al_status restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err) {
  cross *me = ctx;
  if (!me->is_bound || me->is_started) return fail(err, AL_E_STATE, "restore needs a bound instance that is not started");
  if (version != STATE_VERSION) return fail(err, AL_E_DATA, "this library reads state version 1 only");
  size_t size = 8 + 32 * (size_t)me->n;
  unsigned char *bytes = malloc(size);
  average *fresh = calloc(me->n ? me->n : 1, sizeof(average));
  al_status status = AL_OK;
  if (!bytes || !fresh) {
    status = fail(err, AL_E_INTERNAL, "no memory for the state");
  } else if (!read_exactly(from, bytes, size) || decode(bytes) != me->n) {
    status = fail(err, AL_E_DATA, "the saved state is not of this universe, or is cut short");
  }
  for (uint32_t i = 0; status == AL_OK && i < me->n; i++) {
    const unsigned char *at = bytes + 8 + 32 * (size_t)i;
    average a = {number(decode(at)), number(decode(at + 8)), (int64_t)decode(at + 16), (int64_t)decode(at + 24)};
    if (a.bars < 0 || (a.bars > 0 && !(is_price(a.fast) && is_price(a.slow)))) status = fail(err, AL_E_DATA, "the saved state holds no averages of prices");
    fresh[i] = a;
  }
  free(bytes);
  if (status != AL_OK) {
    free(fresh);
    return status;
  }
  free(me->averages);
  me->averages = fresh;
  return AL_OK;
}

static const al_state_v1 state_table = {sizeof(al_state_v1), 0, save, restore};

/* ---- the instance ---- */

static const void *get_interface(void *ctx, const char *id) {
  (void)ctx;
  if (strcmp(id, AL_INTERFACE_AGENT) == 0) return &agent_table;
  if (strcmp(id, AL_INTERFACE_STATE) == 0) return &state_table;
  return NULL;
}

static al_status start(void *ctx, al_error_v1 *err) {
  cross *me = ctx;
  if (me->is_started) return fail(err, AL_E_STATE, "it is started already");
  me->is_started = 1;
  return AL_OK;
}

static al_status stop(void *ctx, al_error_v1 *err) {
  cross *me = ctx;
  if (!me->is_started) return fail(err, AL_E_STATE, "it is not started");
  me->is_started = 0;
  return AL_OK;
}

static void destroy(void *ctx) {
  cross *me = ctx;
  free(me->averages);
  free(me);
}

#define ID "__ID__"

static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  (void)host; /* time, logs, randomness: keep the pointer in the instance where you need them */
  if (args->id.len != strlen(ID) || memcmp(args->id.ptr, ID, args->id.len) != 0)
    return fail(err, AL_E_ARGUMENT, "this library has " ID " only");
  const al_param_v1 *fast = parameter(args, "fast"), *slow = parameter(args, "slow");
  const al_param_v1 *full = parameter(args, "full"), *horizon = parameter(args, "horizon");
  if (!fast || !slow || !full || !horizon)
    return fail(err, AL_E_CONFIG, "a parameter is missing: fast, slow, full and horizon have to be there");
  if (fast->integer >= slow->integer)
    return fail(err, AL_E_CONFIG, "parameter 'fast' is not below 'slow'; fast has to be the smaller one");
  cross *me = calloc(1, sizeof(cross));
  if (!me) return fail(err, AL_E_INTERNAL, "no memory for an instance");
  me->slow_bars = (uint32_t)slow->integer;
  /* The usual weight of an average over n bars: 2 / (n + 1). */
  me->fast_share = 2 / (double)(fast->integer + 1);
  me->slow_share = 2 / (double)(slow->integer + 1);
  me->full = full->number;
  me->horizon = horizon->integer * DAY_NS;
  *out = (al_instance_v1){sizeof(al_instance_v1), 0, me, get_interface, start, stop, destroy};
  return AL_OK;
}

/* ---- the library ---- */

static const char *const interfaces[] = {AL_INTERFACE_AGENT, AL_INTERFACE_STATE, NULL};

static const al_descriptor_v1 descriptor = {
    .size = sizeof(al_descriptor_v1),
    .kinds = AL_KIND_AGENT,
    .flags = AL_FLAG_DETERMINISTIC,
    .inputs = AL_IN_BARS,
    .outputs = AL_OUT_VIEW,
    .id = ID,
    .name = "__NAME__",
    .vendor = "you",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .summary = "Exponential moving average cross: the sign and size of the gap",
    .family = "",
    .parameters =
        "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
        "\"additionalProperties\":false,\"properties\":{"
        "\"fast\":{\"type\":\"integer\",\"default\":10,\"minimum\":1,\"maximum\":500,"
        "\"description\":\"bars of the fast average\"},"
        "\"slow\":{\"type\":\"integer\",\"default\":30,\"minimum\":2,\"maximum\":1000,"
        "\"description\":\"bars of the slow average; above fast\"},"
        "\"full\":{\"type\":\"number\",\"default\":0.05,\"minimum\":0.0001,\"maximum\":10,"
        "\"description\":\"gap, as a share of the slow average, that scores 1 or -1\"},"
        "\"horizon\":{\"type\":\"integer\",\"default\":5,\"minimum\":1,\"maximum\":250,"
        "\"description\":\"days that a view is meant for\"}}}",
    .interfaces = interfaces,
    .tier = AL_TIER_SENIOR,
    .warm_up = 30,
    .max_rows = 1,
    .state_version = STATE_VERSION,
    .min_state_version = STATE_VERSION,
};

static const al_descriptor_v1 *const descriptors[] = {&descriptor};

static const al_entry_v1 entry = {sizeof(al_entry_v1), AL_ABI_MAJOR, AL_ABI_MINOR, 0, 1, 0, descriptors, create};

const al_entry_v1 *alphaloop_plugin_v1(uint32_t host_major, uint32_t host_minor) {
  (void)host_minor;
  return host_major == AL_ABI_MAJOR ? &entry : NULL;
}
