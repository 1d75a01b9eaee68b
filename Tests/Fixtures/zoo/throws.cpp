// Lets an exception out of evaluate.
#include <cstring>
#include <stdexcept>

#include "alphaloop.h"

__attribute__((section(".alphaloop.abi"), used)) static const al_note_v1 note = {
  sizeof(al_note_v1), AL_NOTE_MAGIC, AL_ABI_MAJOR, AL_ABI_MINOR, AL_SDK_VERSION, 0, "c++"};

static al_status bind(void *, const al_universe_v1 *, al_needs_v1 *needs, al_error_v1 *) {
  needs->triggers = AL_CAUSE_PANEL;
  needs->lookback = needs->warm_up = 1;
  needs->columns = AL_COLUMN_CLOSE;
  return AL_OK;
}
static al_status evaluate(void *, const al_input_v1 *, al_output_v1 *) { throw std::runtime_error("no idea"); }
static al_status save(void *, const al_sink_v1 *, al_error_v1 *) { return AL_OK; }
static al_status restore(void *, uint32_t, const al_source_v1 *, al_error_v1 *) { return AL_OK; }
static const al_agent_v1 agent = {sizeof agent, 0, bind, evaluate};
static const al_state_v1 state = {sizeof state, 0, save, restore};

static const void *get_interface(void *, const char *id) {
  if (std::strcmp(id, AL_INTERFACE_AGENT) == 0) return &agent;
  return std::strcmp(id, AL_INTERFACE_STATE) == 0 ? static_cast<const void *>(&state) : nullptr;
}
static al_status done(void *, al_error_v1 *) { return AL_OK; }
static al_status create(const al_host_v1 *, const al_create_v1 *, al_instance_v1 *out, al_error_v1 *) {
  *out = {sizeof *out, 0, nullptr, get_interface, done, done, [](void *) {}};
  return AL_OK;
}

static const char *const interfaces[] = {AL_INTERFACE_AGENT, AL_INTERFACE_STATE, nullptr};
static const al_descriptor_v1 descriptor = {
  sizeof descriptor, AL_KIND_AGENT, 0, AL_IN_BARS, AL_OUT_VIEW, "zoo.agent", "Zoo", "Alpha Loop", "1.0.0",
  "Apache-2.0", "A fixture of the conformance tests", "", "{\"type\":\"object\",\"properties\":{}}", interfaces,
  nullptr, nullptr, AL_TIER_JUNIOR, 1, 1, 1, 1, 0};
static const al_descriptor_v1 *const descriptors[] = {&descriptor};
static const al_entry_v1 entry = {sizeof entry, AL_ABI_MAJOR, AL_ABI_MINOR, 0, 1, 0, descriptors, create};

const al_entry_v1 *alphaloop_plugin_v1(uint32_t host_major, uint32_t) {
  return host_major == AL_ABI_MAJOR ? &entry : nullptr;
}
