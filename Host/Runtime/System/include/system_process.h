/* Worker processes: start, watch, signal, measure. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* `source` of the caller becomes `target` in the worker. */
typedef struct al_system_descriptor {
  int32_t source;
  int32_t target;
} al_system_descriptor;

typedef struct al_system_child {
  int32_t pid;
  int32_t pidfd; /* close-on-exec; the caller closes it */
} al_system_child;

typedef struct al_system_exit {
  int32_t code;   /* exit status when `signal` is 0 */
  int32_t signal; /* the signal that ended it, or 0 */
} al_system_exit;

/* Starts `path` with the given arguments and environment (both end with NULL). The worker
 * - holds the listed descriptors and no others; of 0, 1 and 2 an unlisted one is /dev/null;
 * - has default signal dispositions, an empty signal mask and a process group of its own;
 * - is killed when this process ends. The kernel ties that to the *thread* that made the child, so all workers are made
 *   by one thread of this library's that lives as long as the process.
 * Targets are below 64, sources below the descriptor limit. 0, or -errno of the step that failed, exec included. */
int al_spawn(const char *path, char *const arguments[], char *const environment[],
             const al_system_descriptor *descriptors, size_t count, al_system_child *child);

/* Waits until the process ends and takes its status. `timeout_ns` < 0 waits for ever, 0 asks only. 1 when it ended and
 * `out` is set, 0 after the time-out, -ECHILD when its status was taken before, or -errno. */
int al_wait_exit(int pidfd, int64_t timeout_ns, al_system_exit *out);

/* 0 or -errno; -ESRCH when the process has ended. Never hits another process that reuses the id. */
int al_pidfd_signal(int pidfd, int signal);
int al_pidfd_open(pid_t pid);

/* Threads and memory of a process (0: this one), from /proc. */
int al_thread_count(pid_t pid); /* or -errno */
int al_memory_usage(pid_t pid, uint64_t *virtual_bytes, uint64_t *resident_bytes);

/* Open descriptors of this process, or -errno. */
int al_open_descriptor_count(void);
