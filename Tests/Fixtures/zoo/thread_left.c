/* Starts a thread and does not join it in stop. */
#define ZOO_START
#define ZOO_FLAGS (AL_FLAG_DETERMINISTIC | AL_FLAG_THREADS)
#include <pthread.h>
#include <unistd.h>
#include "zoo.h"
static void *work(void *unused) {
  for (;;) usleep(10000);
  return unused;
}
static al_status start(void *ctx, al_error_v1 *err) {
  pthread_t thread;
  (void)ctx;
  if (pthread_create(&thread, NULL, work, NULL) != 0) return zoo_fail(err, AL_E_INTERNAL, "no thread");
  pthread_detach(thread);
  return AL_OK;
}
