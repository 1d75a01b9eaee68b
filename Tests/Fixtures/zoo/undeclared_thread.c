/* Runs a thread between start and stop without declaring it. */
#define ZOO_START
#define ZOO_STOP
#include <pthread.h>
#include <unistd.h>
#include "zoo.h"
static pthread_t thread;
static volatile int running;
static void *work(void *unused) {
  while (running) usleep(1000);
  return unused;
}
static al_status start(void *ctx, al_error_v1 *err) {
  (void)ctx;
  if (running) return zoo_fail(err, AL_E_STATE, "started already");
  running = 1;
  return pthread_create(&thread, NULL, work, NULL) == 0 ? AL_OK : zoo_fail(err, AL_E_INTERNAL, "no thread");
}
static al_status stop(void *ctx, al_error_v1 *err) {
  (void)ctx;
  (void)err;
  if (running) {
    running = 0;
    pthread_join(thread, NULL);
  }
  return AL_OK;
}
