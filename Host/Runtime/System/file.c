#define _GNU_SOURCE
#include "system_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

int al_open_read(const char *path) {
  int descriptor;
  do {
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold the reader */
  } while (descriptor < 0 && errno == EINTR);
  return descriptor < 0 ? -errno : descriptor;
}

int64_t al_file_size(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return -errno;
  if (S_ISDIR(status.st_mode)) return -EISDIR;
  if (!S_ISREG(status.st_mode)) return -EINVAL;
  return status.st_size;
}

int64_t al_read_at(int descriptor, void *into, size_t count, uint64_t offset) {
  size_t done = 0;
  while (done < count) {
    ssize_t got = pread(descriptor, (char *)into + done, count - done, (off_t)(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -errno;
    if (got == 0) break;
    done += (size_t)got;
  }
  return (int64_t)done;
}

int al_close(int descriptor) { return close(descriptor) == 0 ? 0 : -errno; }

int al_disk_space(const char *path, uint64_t *total, uint64_t *available) {
  struct statvfs status;
  if (statvfs(path, &status) != 0) return -errno;
  *total = (uint64_t)status.f_blocks * status.f_frsize;
  *available = (uint64_t)status.f_bavail * status.f_frsize;
  return 0;
}

static int64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t al_monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
int64_t al_realtime_ns(void) { return clock_ns(CLOCK_REALTIME); }

void al_error_text(int code, char *buffer, size_t size) {
  char scratch[128];
  /* The GNU form returns its text, in `scratch` only for an unknown number. */
  snprintf(buffer, size, "%s", strerror_r(code, scratch, sizeof scratch));
}

const char *al_temporary_folder(void) {
  const char *named = getenv("TMPDIR");
  return named != NULL && named[0] != 0 ? named : "/tmp";
}
