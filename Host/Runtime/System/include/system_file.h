/* Files, disk space, clocks and error texts. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Opens `path` for reading, close-on-exec. Returns the descriptor, or -errno. */
int al_open_read(const char *path);

/* Size of the regular file behind `descriptor` in bytes; -EISDIR for a folder, -EINVAL for anything else that is not a
 * regular file, or -errno. */
int64_t al_file_size(int descriptor);

/* Reads `count` bytes at `offset`, going on after short reads. Returns the bytes read, fewer only at the end of the file,
 * or -errno. */
int64_t al_read_at(int descriptor, void *into, size_t count, uint64_t offset);

/* Closes a descriptor; 0 or -errno. */
int al_close(int descriptor);

/* Bytes of the file system holding `path`: its size, and what an unprivileged process may still write. 0 or -errno. */
int al_disk_space(const char *path, uint64_t *total, uint64_t *available);

/* Nanoseconds of CLOCK_MONOTONIC and of CLOCK_REALTIME (UTC since 1970). */
int64_t al_monotonic_ns(void);
int64_t al_realtime_ns(void);

/* The text of an errno into `buffer`, always ended; unlike strerror it is safe on any thread. */
void al_error_text(int code, char *buffer, size_t size);

/* TMPDIR, else /tmp. Good until the environment changes. */
const char *al_temporary_folder(void);
