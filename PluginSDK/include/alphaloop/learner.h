/* "alphaloop.learner/1": trains, saves, loads, predicts. */
#ifndef ALPHALOOP_LEARNER_H
#define ALPHALOOP_LEARNER_H

#include "plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AL_INTERFACE_LEARNER "alphaloop.learner/1"

#define AL_TASK_REGRESSION ((uint32_t)1)
#define AL_TASK_BINARY ((uint32_t)2)     /* label 0/1, prediction is a probability */
#define AL_TASK_MULTICLASS ((uint32_t)3) /* label 0..n_classes-1, n_classes outputs a row */

/* n_rows x n_features, row-major, stride floats a row; NaN is missing. */
typedef struct al_matrix_v1 {
  uint32_t size;
  uint32_t n_features;
  uint64_t n_rows;
  uint64_t stride;
  const float *values;
} al_matrix_v1;

typedef struct al_dataset_v1 {
  uint32_t size;
  uint32_t task; /* AL_TASK_* */
  uint32_t n_classes;
  uint32_t reserved;
  al_matrix_v1 features;
  const double *labels;  /* [n_rows] */
  const double *weights; /* [n_rows] or NULL */
  const int64_t *event_ns; /* [n_rows] start of each label, or NULL */
  const int64_t *end_ns;   /* [n_rows] when each label is known, or NULL: for purged validation */
  const al_str_v1 *names;  /* [n_features] or NULL */
  uint64_t validation_rows; /* the last k rows are for early stopping, 0 none */
} al_dataset_v1;

typedef struct al_learner_v1 {
  uint32_t size;
  uint32_t reserved;
  /* [instance; started] Long; polls host->stopping and answers AL_E_CANCELLED. Replaces the model only on success. */
  al_status (*train)(void *ctx, const al_dataset_v1 *data, const al_progress_v1 *progress, al_error_v1 *err);
  /* [instance; started] The model as bytes, the same for the same model. AL_E_STATE: none. */
  al_status (*save)(void *ctx, const al_sink_v1 *to, al_error_v1 *err);
  /* [instance; started] Broken bytes: AL_E_DATA, the old model stays. */
  al_status (*load)(void *ctx, const al_source_v1 *from, al_error_v1 *err);
  /* [any] after train or load: rows are independent of each other. out[n_rows * n_outputs]; AL_E_CAPACITY when cap is less. */
  al_status (*predict)(void *ctx, const al_matrix_v1 *rows, double *out, uint64_t cap, al_error_v1 *err);
  /* [instance] Outputs a row; 0: no model. */
  uint32_t (*n_outputs)(void *ctx);
} al_learner_v1;

#ifdef __cplusplus
}
#endif
#endif
