#define _GNU_SOURCE
#include "system_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* The child borrows the parent's memory until exec, so starting a worker does not copy the page tables of a large host.
 * The thread sanitizer cannot follow that. */
#define CHILD_MEMORY CLONE_VM
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#undef CHILD_MEMORY
#define CHILD_MEMORY 0
#endif
#endif

enum { maximum_target = 64, child_stack_bytes = 64 * 1024 };

typedef struct spawn_request {
  const char *path;
  char *const *arguments;
  char *const *environment;
  const al_system_descriptor *descriptors;
  size_t count;
  pid_t parent;
  al_system_child *child;
  int error;
  bool done;
} spawn_request;

/* --- The child, between clone and exec. It shares the parent's memory: no allocation, no locks, no library state. --- */

static int place_descriptors(const spawn_request *request) {
  int moved[maximum_target];
  bool listed[maximum_target] = {false};
  /* First out of the way of all targets, so that no dup2 overwrites a source that is still needed. */
  for (size_t i = 0; i < request->count; i++) {
    moved[i] = fcntl(request->descriptors[i].source, F_DUPFD_CLOEXEC, maximum_target);
    if (moved[i] < 0) return errno;
  }
  for (size_t i = 0; i < request->count; i++) {
    if (dup2(moved[i], request->descriptors[i].target) < 0) return errno;
    listed[request->descriptors[i].target] = true;
  }
  for (int target = 0; target < 3; target++) {
    if (listed[target]) continue;
    int null_device = open("/dev/null", O_RDWR);
    if (null_device < 0) return errno;
    if (null_device != target && dup2(null_device, target) < 0) return errno; /* the spare copy is closed below */
  }
  for (int target = 3; target < maximum_target; target++)
    if (!listed[target]) close(target);
  if (syscall(SYS_close_range, (unsigned)maximum_target, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return errno;
  return 0;
}

static int become_worker(const spawn_request *request) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return errno;
  if (getppid() != request->parent) return ESRCH; /* the parent ended before the line above */
  if (setpgid(0, 0) != 0) return errno;
  int error = place_descriptors(request);
  if (error != 0) return error;

  struct sigaction standard = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
  sigset_t none;
  sigemptyset(&none);
  if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) return errno;
  execve(request->path, request->arguments, request->environment);
  return errno;
}

/* In a page that is shared even when the child has its own memory. */
static int *child_error;

static int child_main(void *argument) {
  *child_error = become_worker(argument);
  _exit(127);
}

/* --- The thread that makes all children. --- */

static pthread_once_t spawner_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t spawner_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t spawner_wakes = PTHREAD_COND_INITIALIZER;
static spawn_request *spawner_request;
static int spawner_error;
static _Alignas(16) char child_stack[child_stack_bytes];

static void clone_child(spawn_request *request) {
  int pidfd = -1;
  request->parent = getpid();
  *child_error = 0;
  /* CLONE_VFORK holds this thread until exec or exit, so the one stack and `child_error` serve all children in turn. */
  pid_t pid = clone(child_main, child_stack + child_stack_bytes, CHILD_MEMORY | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
                    request, &pidfd);
  request->error = pid < 0 ? errno : *child_error;
  if (pid < 0) return;
  if (request->error != 0) {
    waitpid(pid, NULL, 0);
    close(pidfd);
    return;
  }
  request->child->pid = pid;
  request->child->pidfd = pidfd;
}

static void *spawner_main(void *unused) {
  pthread_mutex_lock(&spawner_lock);
  for (;;) {
    while (spawner_request == NULL) pthread_cond_wait(&spawner_wakes, &spawner_lock);
    clone_child(spawner_request);
    spawner_request->done = true;
    spawner_request = NULL;
    pthread_cond_broadcast(&spawner_wakes);
  }
  return unused;
}

static void start_spawner(void) {
  child_error = mmap(NULL, sizeof *child_error, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (child_error == MAP_FAILED) {
    spawner_error = errno;
    return;
  }
  pthread_t thread;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); /* inherited: no handler of the host may run in a child that shares memory */
  spawner_error = pthread_create(&thread, NULL, spawner_main, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (spawner_error == 0) pthread_detach(thread);
}

int al_spawn(const char *path, char *const arguments[], char *const environment[],
             const al_system_descriptor *descriptors, size_t count, al_system_child *child) {
  if (count > maximum_target) return -EINVAL;
  for (size_t i = 0; i < count; i++)
    if (descriptors[i].target < 0 || descriptors[i].target >= maximum_target) return -EINVAL;
  pthread_once(&spawner_once, start_spawner);
  if (spawner_error != 0) return -spawner_error;

  spawn_request request = {
    .path = path, .arguments = arguments, .environment = environment, .descriptors = descriptors, .count = count,
    .child = child,
  };
  pthread_mutex_lock(&spawner_lock);
  while (spawner_request != NULL) pthread_cond_wait(&spawner_wakes, &spawner_lock);
  spawner_request = &request;
  pthread_cond_broadcast(&spawner_wakes);
  while (!request.done) pthread_cond_wait(&spawner_wakes, &spawner_lock);
  pthread_mutex_unlock(&spawner_lock);
  return -request.error;
}

/* --- Watching. --- */

int al_wait_exit(int pidfd, int64_t timeout_ns, al_system_exit *out) {
  struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
  struct pollfd wait_for = {.fd = pidfd, .events = POLLIN};
  int ready = ppoll(&wait_for, 1, timeout_ns < 0 ? NULL : &timeout, NULL);
  if (ready < 0) return -errno;
  if (ready == 0) return 0;
  siginfo_t info;
  memset(&info, 0, sizeof info);
  if (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0) return -errno;
  if (info.si_pid == 0) return 0;
  out->code = info.si_code == CLD_EXITED ? info.si_status : 0;
  out->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
  return 1;
}

int al_pidfd_signal(int pidfd, int signal) {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0 ? 0 : -errno;
}

int al_pidfd_open(pid_t pid) {
  long descriptor = syscall(SYS_pidfd_open, pid, 0);
  return descriptor < 0 ? -errno : (int)descriptor;
}

static void proc_path(char *into, size_t size, pid_t pid, const char *leaf) {
  if (pid == 0)
    snprintf(into, size, "/proc/self/%s", leaf);
  else
    snprintf(into, size, "/proc/%d/%s", (int)pid, leaf);
}

static int count_entries(const char *folder) {
  DIR *entries = opendir(folder);
  if (entries == NULL) return -errno;
  int count = 0;
  for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) count += entry->d_name[0] != '.';
  closedir(entries);
  return count;
}

int al_thread_count(pid_t pid) {
  char path[64];
  proc_path(path, sizeof path, pid, "task");
  return count_entries(path);
}

int al_open_descriptor_count(void) {
  int count = count_entries("/proc/self/fd");
  return count < 0 ? count : count - 1; /* without the one that lists */
}

int al_memory_usage(pid_t pid, uint64_t *virtual_bytes, uint64_t *resident_bytes) {
  char path[64], text[128];
  proc_path(path, sizeof path, pid, "statm");
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  ssize_t got = read(descriptor, text, sizeof text - 1);
  int error = errno;
  close(descriptor);
  if (got <= 0) return got < 0 ? -error : -EIO;
  text[got] = 0;
  char *rest = NULL;
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  *virtual_bytes = strtoull(text, &rest, 10) * page;
  *resident_bytes = strtoull(rest, NULL, 10) * page;
  return 0;
}
