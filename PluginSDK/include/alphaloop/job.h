/* "alphaloop.job/1": long work under a verb of the command line. */
#ifndef ALPHALOOP_JOB_H
#define ALPHALOOP_JOB_H

#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AL_INTERFACE_JOB "alphaloop.job/1"

/* What a run may use. Everything lives until run returns. */
typedef struct al_job_run_v1 {
  uint32_t size;
  uint32_t reserved;
  al_str_v1 verb;           /* "report" */
  al_str_v1 arguments_json; /* an object */
  al_str_v1 input;          /* document to work on, "" none */
  const al_progress_v1 *progress;
  const al_sink_v1 *output; /* the result; the host writes it to its place atomically when run returns AL_OK */
  const al_sink_v1 *text;   /* what a person reads on the terminal */
} al_job_run_v1;

typedef struct al_job_v1 {
  uint32_t size;
  uint32_t reserved;
  const char *const *verbs; /* NULL-terminated, static */
  /* [instance; started] Polls host->stopping; AL_E_CANCELLED leaves nothing half-done. */
  al_status (*run)(void *ctx, const al_job_run_v1 *run, al_error_v1 *err);
} al_job_v1;

#ifdef __cplusplus
}
#endif
#endif
