/* A thread of its own asks the host for the time after stop returned. */
#define ZOO_START
#define ZOO_FLAGS (AL_FLAG_DETERMINISTIC | AL_FLAG_THREADS)
#include <pthread.h>
#include <unistd.h>
#include "zoo.h"
static void *work(void *host) {
  const al_host_v1 *h = host;
  for (int i = 0; i < 20; i++) {
    usleep(5000);
    h->now(h->ctx);
  }
  return NULL;
}
static al_status start(void *ctx, al_error_v1 *err) {
  zoo *z = ctx;
  pthread_t thread;
  if (pthread_create(&thread, NULL, work, (void *)z->host) != 0) return zoo_fail(err, AL_E_INTERNAL, "no thread");
  pthread_detach(thread);
  return AL_OK;
}
