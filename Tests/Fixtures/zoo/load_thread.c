/* Starts a thread and opens a file when it is loaded. */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include "zoo.h"
static void *work(void *unused) {
  for (;;) usleep(10000);
  return unused;
}
static volatile int held;
__attribute__((constructor)) static void loaded(void) {
  pthread_t thread;
  held = open("/dev/null", O_RDONLY);
  pthread_create(&thread, NULL, work, NULL);
}
