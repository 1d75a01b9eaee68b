#define _GNU_SOURCE
#include "system_sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define THIS_ARCHITECTURE 0
#endif

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* A classic BPF program is a list with short forward jumps; it is written front to back through this. */
enum { maximum_instructions = 1024 };
typedef struct filter_program {
  struct sock_filter code[maximum_instructions];
  size_t count;
} filter_program;

static void add(filter_program *program, uint16_t code, uint8_t if_true, uint8_t if_false, uint32_t value) {
  if (program->count < maximum_instructions)
    program->code[program->count] = (struct sock_filter){code, if_true, if_false, value};
  program->count++;
}

static void answer(filter_program *program, uint32_t action) { add(program, BPF_RET | BPF_K, 0, 0, action); }

enum { offset_number = 0, offset_architecture = 4, offset_arguments = 16 };
static const uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;

/* The low word of an argument; every test below is on a 32-bit int or on flags the kernel itself takes as 32 bits. */
static void load_argument(filter_program *program, int index) {
  add(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(offset_arguments + 8 * index));
}

static void allow(filter_program *program, long number) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)number);
  answer(program, SECCOMP_RET_ALLOW);
}

static void refuse_with(filter_program *program, long number, int error) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)number);
  answer(program, SECCOMP_RET_ERRNO | (uint32_t)error);
}

/* Allowed when (argument & mask) == value; refused otherwise. */
static void allow_if_masked(filter_program *program, long number, int argument, uint32_t mask, uint32_t value) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 5, (uint32_t)number);
  load_argument(program, argument);
  add(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
  answer(program, SECCOMP_RET_ALLOW);
  answer(program, refuse);
}

/* Allowed when the argument is one of the values; refused otherwise. */
static void allow_if_one_of(filter_program *program, long number, int argument, const uint32_t *values, uint8_t count) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(count + 3), (uint32_t)number);
  load_argument(program, argument);
  for (uint8_t i = 0; i < count; i++) add(program, BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)(count - i), 0, values[i]);
  answer(program, refuse);
  answer(program, SECCOMP_RET_ALLOW);
}
#define ALLOW_IF_ONE_OF(program, number, argument, ...)                                              \
  do {                                                                                               \
    const uint32_t values[] = {__VA_ARGS__};                                                         \
    allow_if_one_of(program, number, argument, values, (uint8_t)(sizeof values / sizeof values[0])); \
  } while (0)

static void allow_each(filter_program *program, const int *numbers, size_t count) {
  for (size_t i = 0; i < count; i++) allow(program, numbers[i]);
}
#define ALLOW_EACH(program, numbers) allow_each(program, numbers, sizeof numbers / sizeof numbers[0])

/* Most frequent first: the program is read from the front at every call. */
static const int always[] = {
  SYS_futex, SYS_clock_gettime, SYS_read, SYS_write, SYS_recvmsg, SYS_recvfrom, SYS_readv, SYS_writev,
  SYS_pread64, SYS_lseek, SYS_close, SYS_fstat, SYS_munmap, SYS_madvise, SYS_mremap, SYS_brk, SYS_mincore,
  SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_times, SYS_getrusage, SYS_sched_yield,
  SYS_sched_getaffinity, SYS_sched_getparam, SYS_sched_getscheduler, SYS_getcpu, SYS_getpid, SYS_gettid, SYS_getppid,
  SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getpgid, SYS_uname, SYS_sysinfo, SYS_getrandom, SYS_ppoll,
  SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime,
  SYS_timerfd_gettime, SYS_pipe2, SYS_dup, SYS_dup3, SYS_shutdown, SYS_rt_sigaction, SYS_rt_sigprocmask,
  SYS_rt_sigreturn, SYS_rt_sigpending, SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_restart_syscall, SYS_set_robust_list,
  SYS_get_robust_list, SYS_set_tid_address, SYS_membarrier, SYS_exit, SYS_exit_group,
#ifdef SYS_rseq
  SYS_rseq,
#endif
#ifdef SYS_futex_waitv
  SYS_futex_waitv,
#endif
#ifdef __x86_64__
  SYS_poll, SYS_select, SYS_epoll_wait, SYS_epoll_create, SYS_eventfd, SYS_pipe, SYS_dup2, SYS_time, SYS_arch_prctl,
#endif
};

static const int reading[] = {
  SYS_newfstatat, SYS_statx, SYS_faccessat, SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_getcwd, SYS_statfs,
  SYS_fstatfs,
#ifdef __x86_64__
  SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_getdents,
#endif
};

static const int sockets[] = {
  SYS_connect, SYS_getsockopt, SYS_setsockopt, SYS_getsockname, SYS_getpeername, SYS_recvmmsg,
};

static void add_memory(filter_program *program) {
  allow_if_masked(program, SYS_mmap, 2, PROT_EXEC, 0);
  allow_if_masked(program, SYS_mprotect, 2, PROT_EXEC, 0);
}

static void add_process(filter_program *program, int flags) {
  /* abort() and raise() signal the caller itself. */
  allow_if_masked(program, SYS_tgkill, 0, ~0u, (uint32_t)getpid());
  ALLOW_IF_ONE_OF(program, SYS_prctl, 0, PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_GET_DUMPABLE);
  /* Own limits only (they can only be lowered): the host runs under the same user. */
  ALLOW_IF_ONE_OF(program, SYS_prlimit64, 0, 0, (uint32_t)getpid());
#ifdef SYS_clone3
  refuse_with(program, SYS_clone3, ENOSYS); /* its flags are behind a pointer; libc falls back to clone */
#endif
  if (flags & AL_SECCOMP_THREADS) allow_if_masked(program, SYS_clone, 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM);
}

static void add_descriptors(filter_program *program) {
  ALLOW_IF_ONE_OF(program, SYS_fcntl, 1, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC);
  ALLOW_IF_ONE_OF(program, SYS_ioctl, 1, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, 0x5401 /* TCGETS */);
}

static void add_files(filter_program *program, int flags) {
  if (!(flags & AL_SECCOMP_READ_FILES)) {
    /* How libc asks for the size of an open descriptor. */
    allow_if_masked(program, SYS_newfstatat, 3, 0x1000 /* AT_EMPTY_PATH */, 0x1000);
    allow_if_masked(program, SYS_statx, 2, 0x1000, 0x1000);
    return;
  }
  ALLOW_EACH(program, reading);
  const uint32_t writing = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
  allow_if_masked(program, SYS_openat, 2, writing, O_RDONLY);
#ifdef SYS_openat2
  refuse_with(program, SYS_openat2, ENOSYS);
#endif
#ifdef __x86_64__
  allow_if_masked(program, SYS_open, 1, writing, O_RDONLY);
#endif
}

/* On the inherited control socket; a fast-open send would connect without passing Landlock's rule for connect. */
static void add_sending(filter_program *program, int flags) {
  allow_if_masked(program, SYS_sendmsg, 2, MSG_FASTOPEN, 0);
  allow_if_masked(program, SYS_sendto, 3, MSG_FASTOPEN, 0);
  if (flags & AL_SECCOMP_UDP_SOCKETS) allow_if_masked(program, SYS_sendmmsg, 3, MSG_FASTOPEN, 0);
}

/* socket(family, kind | flags, protocol). The protocol counts too: Landlock's TCP rules do not see MPTCP or SCTP. */
static void add_sockets(filter_program *program, int flags) {
  if (!(flags & (AL_SECCOMP_TCP_SOCKETS | AL_SECCOMP_UDP_SOCKETS))) return;
  ALLOW_EACH(program, sockets);
  uint8_t datagrams = flags & AL_SECCOMP_UDP_SOCKETS ? 1 : 0;
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(11 + 2 * datagrams), SYS_socket);
  load_argument(program, 0);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AF_INET);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(7 + 2 * datagrams), AF_INET6);
  load_argument(program, 2);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, (uint8_t)(1 + datagrams), 0, 0);
  if (datagrams) add(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, IPPROTO_UDP);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(4 + datagrams), IPPROTO_TCP);
  load_argument(program, 1);
  add(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xF);
  if (datagrams) add(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SOCK_DGRAM);
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SOCK_STREAM);
  answer(program, SECCOMP_RET_ALLOW);
  answer(program, refuse);
}

int al_is_ip_address(const char *text) {
  uint8_t address[16];
  return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

int al_seccomp_available(void) {
  uint32_t action = SECCOMP_RET_ERRNO;
  return THIS_ARCHITECTURE != 0 && syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int al_seccomp_apply(int flags) {
  if (THIS_ARCHITECTURE == 0) return -EOPNOTSUPP;
  filter_program program = {.count = 0};
  add(&program, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset_architecture);
  add(&program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, THIS_ARCHITECTURE);
  answer(&program, SECCOMP_RET_KILL_PROCESS);
  /* Numbers of the x32 interface have bit 30 set and so equal none below. */
  add(&program, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset_number);
  ALLOW_EACH(&program, always);
  add_sending(&program, flags);
  add_memory(&program);
  add_descriptors(&program);
  add_process(&program, flags);
  add_files(&program, flags);
  add_sockets(&program, flags);
  answer(&program, refuse);
  if (program.count > maximum_instructions) return -E2BIG;

  struct sock_fprog compiled = {.len = (unsigned short)program.count, .filter = program.code};
  long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &compiled);
  if (result > 0) return -EBUSY; /* a thread that could not be brought along, for example under another filter */
  return result == 0 ? 0 : -errno;
}
