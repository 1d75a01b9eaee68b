/* The file's note, the one exported symbol, descriptors, and the life cycle of an instance. */
#ifndef ALPHALOOP_PLUGIN_H
#define ALPHALOOP_PLUGIN_H

#include "abi.h"
#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The ABI note: 64 bytes in ELF section ".alphaloop.abi" (used, read-only), which the host reads before it runs any code
 * of the file. Exactly one per file. */
#define AL_NOTE_MAGIC ((uint32_t)0x31414c41)
#define AL_NOTE_SECTION ".alphaloop.abi"
typedef struct al_note_v1 {
  uint32_t size; /* 64 */
  uint32_t magic;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t sdk_version;
  uint32_t reserved;
  char toolchain[40]; /* "swift 6.3.1", "gcc 12.2.0", "rustc 1.63.0", zero padded */
} al_note_v1;

#define AL_KIND_AGENT ((uint32_t)1)
#define AL_KIND_DATA_SOURCE ((uint32_t)2)
#define AL_KIND_BROKER ((uint32_t)4)
#define AL_KIND_STORE ((uint32_t)8)
#define AL_KIND_POLICY ((uint32_t)16)
#define AL_KIND_LEARNER ((uint32_t)32)
#define AL_KIND_JOB ((uint32_t)64)
#define AL_KIND_SERVICE ((uint32_t)128)

#define AL_FLAG_DETERMINISTIC ((uint64_t)1) /* same inputs, same bytes; the validator proves it */
#define AL_FLAG_NETWORK ((uint64_t)2)       /* opens sockets */
#define AL_FLAG_THREADS ((uint64_t)4)       /* runs threads of its own between start and stop */
#define AL_FLAG_OWN_PROCESS ((uint64_t)8)   /* asks for isolation: process */

#define AL_TIER_NONE ((uint32_t)0) /* not an agent */
#define AL_TIER_EXECUTIVE ((uint32_t)1)
#define AL_TIER_SENIOR ((uint32_t)2)
#define AL_TIER_JUNIOR ((uint32_t)3)

/* Input capabilities: declared here, granted in the manifest, filled in al_input_v1. */
#define AL_IN_BARS ((uint64_t)1)
#define AL_IN_QUOTES ((uint64_t)2)
#define AL_IN_TRADES ((uint64_t)4)
#define AL_IN_FUNDAMENTALS ((uint64_t)8)
#define AL_IN_MACRO ((uint64_t)16)
#define AL_IN_OPTIONS ((uint64_t)32)
#define AL_IN_NEWS ((uint64_t)64)
#define AL_IN_EVENTS ((uint64_t)128)
#define AL_IN_PORTFOLIO ((uint64_t)256)
#define AL_IN_ORDERS ((uint64_t)512) /* own order updates, and parent quantities to work */
#define AL_IN_VIEWS ((uint64_t)1024) /* other agents' outputs and records */

/* Output kinds: an agent takes part in the stages of the kinds it declares. Bit k stands for AL_ROW_* value k. */
#define AL_OUT_VIEW ((uint64_t)2)
#define AL_OUT_WEIGHT ((uint64_t)4)
#define AL_OUT_QUANTITY ((uint64_t)8)
#define AL_OUT_MULTIPLIER ((uint64_t)16)
#define AL_OUT_VETO ((uint64_t)32)
#define AL_OUT_ORDER ((uint64_t)64)
#define AL_OUT_ESTIMATE ((uint64_t)128)
#define AL_OUT_AGENT_WEIGHT ((uint64_t)512)
#define AL_OUT_HALT ((uint64_t)1024)

/* Static, immutable, never freed. Text is UTF-8, zero terminated. */
typedef struct al_descriptor_v1 {
  uint32_t size;
  uint32_t kinds;   /* AL_KIND_* mask */
  uint64_t flags;   /* AL_FLAG_* mask */
  uint64_t inputs;  /* AL_IN_* mask: what it can use; an agent abstains where a needed one is missing */
  uint64_t outputs; /* AL_OUT_* mask */
  const char *id;      /* "mom.tsmom": lower case letters, digits, _, and at least one dot; unique in the world */
  const char *name;    /* for people */
  const char *vendor;
  const char *version; /* semantic version */
  const char *license; /* SPDX */
  const char *summary; /* one line: the idea and its source */
  const char *family;  /* "Momentum"; "" when none */
  const char *parameters;        /* JSON Schema 2020-12 of an object; defaults for every property; never NULL */
  const char *const *interfaces; /* NULL-terminated ids that get_interface answers */
  const char *const *reasons;    /* NULL-terminated; entry i is the text of reason AL_REASON_CUSTOM + i; may be NULL */
  const char *const *estimates;  /* NULL-terminated; entry i names AL_ROW_ESTIMATE label i; may be NULL */
  uint32_t tier;                 /* AL_TIER_* */
  uint32_t warm_up;              /* bars of history before the first output, with default parameters */
  uint32_t max_rows;             /* most output rows per instrument and evaluation, at least 1 for agents */
  uint32_t state_version;        /* what save writes */
  uint32_t min_state_version;    /* the oldest that restore reads */
  uint32_t reserved;
} al_descriptor_v1;

/* One resolved parameter: defaults applied, checked against the schema. A text whose schema says "format": "path" is a file
 * or folder and arrives as an absolute path: a relative one, in the manifest or a sector file, starts at the manifest's
 * folder; an empty one stays empty. Nested values appear flattened with their path
 * ("pairs.0.left") as leaves; arrays also as "pairs.#" = length (integer). */
#define AL_PARAM_BOOL ((uint32_t)1)
#define AL_PARAM_INTEGER ((uint32_t)2)
#define AL_PARAM_NUMBER ((uint32_t)3)
#define AL_PARAM_TEXT ((uint32_t)4)
typedef struct al_param_v1 {
  al_str_v1 name;
  uint32_t type; /* AL_PARAM_* */
  uint32_t reserved;
  int64_t integer; /* bool 0/1, integer */
  double number;   /* integer and number */
  al_str_v1 text;
} al_param_v1;

/* What an instance is made from. Lives until create returns: copy what is kept. */
typedef struct al_create_v1 {
  uint32_t size;
  uint32_t n_parameters;
  al_str_v1 id;         /* descriptor id */
  al_str_v1 instance;   /* the instance's name in the manifest */
  al_str_v1 parameters_json;
  const al_param_v1 *parameters; /* sorted by name */
  uint64_t inputs; /* AL_IN_* granted */
} al_create_v1;

/* Filled by create. `ctx` belongs to the plugin. */
typedef struct al_instance_v1 {
  uint32_t size;
  uint32_t reserved;
  void *ctx;
  /* [any; created..] The table of an interface that the descriptor lists, or NULL. Static per library. */
  const void *(*get_interface)(void *ctx, const char *id);
  /* [control; created, bound or stopped] Allocate, connect, start threads. On failure the instance stays as it was. */
  al_status (*start)(void *ctx, al_error_v1 *err);
  /* [control; started] Join every own thread; no call to the host after it returns. Within the manifest's deadline. */
  al_status (*stop)(void *ctx, al_error_v1 *err);
  /* [control; created, bound or stopped] Free everything. Legal after a failed start. */
  void (*destroy)(void *ctx);
} al_instance_v1;

typedef struct al_entry_v1 {
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t min_host_minor; /* oldest host minor it works with */
  uint32_t n_descriptors;
  uint32_t reserved;
  const al_descriptor_v1 *const *descriptors; /* static */
  /* [control] Make an instance of args->id. Unknown id: AL_E_ARGUMENT. Wrong parameters: AL_E_CONFIG with a text. */
  al_status (*create)(const al_host_v1 *host, const al_create_v1 *args, al_instance_v1 *out, al_error_v1 *err);
} al_entry_v1;

/* The one exported symbol. [control] Cheap: no I/O, no threads. NULL when it cannot work with this host. The same pointer
 * at every call. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const al_entry_v1 *alphaloop_plugin_v1(uint32_t host_major, uint32_t host_minor);

/* "alphaloop.state/1": mandatory for agents. State is what a new instance with the same configuration needs to go on with
 * the same outputs; configuration is not state. save, restore, save gives the same bytes. */
#define AL_INTERFACE_STATE "alphaloop.state/1"
typedef struct al_state_v1 {
  uint32_t size;
  uint32_t reserved;
  /* [instance; bound, started or stopped; quiesced] */
  al_status (*save)(void *ctx, const al_sink_v1 *to, al_error_v1 *err);
  /* [instance; bound or stopped] version: the state_version of the library that saved. Broken input: AL_E_DATA and the
   * instance as it was. */
  al_status (*restore)(void *ctx, uint32_t version, const al_source_v1 *from, al_error_v1 *err);
} al_state_v1;

#ifdef __cplusplus
}
#endif
#endif
