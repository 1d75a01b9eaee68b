/* A risk policy that halves what it is asked for every third call, and on one day fails for the first instrument.
 * Parameters: "at" (the day at which it fails, from 1 for 2015-01-01; 0 never), "every" (1: that day and ever after, for all
 * instruments), "how" (0: it answers an error, 1: a wild pointer, 2: it never returns). */
#include <alphaloop.h>
#include <stdlib.h>
#include <string.h>

typedef struct policy {
  uint64_t calls;
  int64_t at, every, how;
} policy;

static int64_t quantity_of(const policy *me, const al_target_v1 *t, int64_t equity) {
  double units = t->is_quantity ? (double)t->quantity
                                : t->weight * (double)equity / (double)t->price * 1e8;
  if (me->calls % 3 == 0) units /= 2;
  return (int64_t)(units / (double)t->lot) * t->lot;
}

static al_status size_targets(void *ctx, al_sizing_v1 *sizing, al_error_v1 *err) {
  policy *me = ctx;
  (void)err;
  me->calls++;
  const int64_t day = sizing->as_of_ns / (86400 * INT64_C(1000000000)) - 16435;
  const int is_first = sizing->n > 0 && sizing->targets[0].instrument == 0;
  const int fails = me->at > 0 && (me->every ? day >= me->at : day == me->at && is_first);
  /* What it leaves behind when it fails is what must not go through. */
  for (uint32_t i = 0; i < sizing->n; i++)
    sizing->targets[i].quantity = fails ? 1000 * AL_UNIT : quantity_of(me, &sizing->targets[i], sizing->equity);
  if (!fails) return AL_OK;
  if (me->how == 1) *(volatile int *)8 = 1;
  if (me->how == 2)
    for (volatile uint64_t forever = 0;; forever++) {
    }
  return AL_E_INTERNAL;
}

static al_status save(void *ctx, const al_sink_v1 *to, al_error_v1 *err) {
  (void)err;
  return to->write(to->ctx, &((policy *)ctx)->calls, sizeof(uint64_t));
}

static al_status restore(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err) {
  (void)version;
  (void)err;
  uint64_t calls = 0;
  return from->read(from->ctx, &calls, sizeof calls) == sizeof calls ? (((policy *)ctx)->calls = calls, AL_OK) : AL_E_DATA;
}

static const void *get_interface(void *ctx, const char *id) {
  static const al_policy_v1 table = {sizeof table, 0, size_targets};
  static const al_state_v1 state = {sizeof state, 0, save, restore};
  (void)ctx;
  if (strcmp(id, AL_INTERFACE_POLICY) == 0) return &table;
  return strcmp(id, AL_INTERFACE_STATE) == 0 ? &state : NULL;
}

static al_status nothing(void *ctx, al_error_v1 *err) {
  (void)ctx;
  (void)err;
  return AL_OK;
}

static al_status create(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err) {
  (void)host;
  (void)err;
  policy *me = calloc(1, sizeof *me);
  if (me == NULL) return AL_E_INTERNAL;
  for (uint32_t i = 0; i < args->n_parameters; i++) {
    const al_param_v1 *p = &args->parameters[i];
    if (p->name.len == 2 && memcmp(p->name.ptr, "at", 2) == 0) me->at = p->integer;
    if (p->name.len == 3 && memcmp(p->name.ptr, "how", 3) == 0) me->how = p->integer;
    if (p->name.len == 5 && memcmp(p->name.ptr, "every", 5) == 0) me->every = p->integer;
  }
  *out = (al_instance_v1){sizeof *out, 0, me, get_interface, nothing, nothing, free};
  return AL_OK;
}

const al_entry_v1 *alphaloop_plugin_v1(uint32_t host_major, uint32_t host_minor) {
  static const char *const interfaces[] = {AL_INTERFACE_POLICY, AL_INTERFACE_STATE, NULL};
  static const al_descriptor_v1 descriptor = {
    .size = sizeof descriptor, .kinds = AL_KIND_POLICY, .flags = AL_FLAG_DETERMINISTIC, .id = "fixture.failing_policy",
    .name = "fixture.failing_policy", .vendor = "Alpha Loop", .version = "1.0.0", .license = "Apache-2.0",
    .summary = "A test fixture", .family = "",
    .parameters = "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
                  "\"at\":{\"type\":\"integer\",\"default\":0},\"every\":{\"type\":\"integer\",\"default\":0},"
                  "\"how\":{\"type\":\"integer\",\"default\":0}}}",
    .interfaces = interfaces, .state_version = 1, .min_state_version = 1,
  };
  static const al_descriptor_v1 *const list[] = {&descriptor};
  static const al_entry_v1 entry = {
    .size = sizeof entry, .abi_major = AL_ABI_MAJOR, .abi_minor = AL_ABI_MINOR, .n_descriptors = 1, .descriptors = list,
    .create = create,
  };
  (void)host_minor;
  return host_major == AL_ABI_MAJOR ? &entry : NULL;
}

__attribute__((used, section(AL_NOTE_SECTION))) static const al_note_v1 note = {
  sizeof(al_note_v1), AL_NOTE_MAGIC, AL_ABI_MAJOR, AL_ABI_MINOR, AL_SDK_VERSION, 0, "cc"};
