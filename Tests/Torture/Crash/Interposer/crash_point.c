/* Ends the process that it is preloaded into with SIGKILL at one system call on the journal or on the line to the broker.
 *
 *   CRASH_JOURNAL   folder; its files *.db and *.db-wal count
 *   CRASH_BOOK      a file that is the line to a broker in a file; unset: TCP sockets only
 *   CRASH_LOG       a file for `crash_log`, made by whoever starts the process
 *   CRASH_AT        which of the calls, from 1; 0: none, they are only counted
 *   CRASH_HOW       before; middle: a write to the journal or a socket has passed on half of its bytes; after
 *   CRASH_ONLY      kinds that count, one digit each; unset: all
 *   CRASH_ORDERS    set: of the sends only those that carry the reference of an order, `AL` and 16 hexadecimal digits
 *
 * A receive counts when it brought something, and there is no before or middle of it: what was taken off the line is lost.
 * What the process starts in its turn is left alone.
 * Only: cc -std=c11 -O1 -fPIC -shared crash_point.c -o crash_point.so */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { JOURNAL_WRITE, JOURNAL_SYNC, JOURNAL_TRUNCATE, BROKER_CONNECT, BROKER_SEND, BROKER_RECEIVE, KINDS };
enum { NOTHING, BEFORE, MIDDLE, AFTER };

/* What was counted, kept up to date in the file. */
struct crash_log {
  _Atomic uint64_t count;
  _Atomic uint64_t kinds[KINDS];
  _Atomic uint64_t killed; /* 1 + kind; 0: not yet */
};

static struct crash_log nowhere, *log_ = &nowhere;
static uint64_t at;
static int how = BEFORE, only = (1 << KINDS) - 1, only_orders;
static char journal[256], book[256];

static void take(const char *name, char *to, size_t room) {
  const char *value = getenv(name);
  snprintf(to, room, "%s", value == NULL ? "" : value);
  unsetenv(name);
}

__attribute__((constructor)) static void begin(void) {
  char file[256], number[32], word[16], kinds[16], orders[8];
  take("CRASH_JOURNAL", journal, sizeof journal);
  take("CRASH_BOOK", book, sizeof book);
  take("CRASH_LOG", file, sizeof file);
  take("CRASH_AT", number, sizeof number);
  take("CRASH_HOW", word, sizeof word);
  take("CRASH_ONLY", kinds, sizeof kinds);
  take("CRASH_ORDERS", orders, sizeof orders);
  unsetenv("LD_PRELOAD");
  only_orders = orders[0] != 0;
  const int fd = open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *shared = mmap(NULL, sizeof *log_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (shared == MAP_FAILED) return;
  log_ = shared;
  at = strtoull(number, NULL, 10);
  how = strcmp(word, "after") == 0 ? AFTER : strcmp(word, "middle") == 0 ? MIDDLE : BEFORE;
  if (kinds[0] != 0) only = 0;
  for (const char *k = kinds; *k != 0; k++) only |= 1 << (*k - '0');
}

static void die(void) {
  for (;;) kill(getpid(), SIGKILL);
}

/* What is to happen at this call. */
static int boundary(int kind) {
  if (!(only >> kind & 1)) return NOTHING;
  const uint64_t n = atomic_fetch_add(&log_->count, 1) + 1;
  atomic_fetch_add(&log_->kinds[kind], 1);
  if (n != at) return NOTHING;
  atomic_store(&log_->killed, (uint64_t)kind + 1);
  return how;
}

static int is_tcp(int fd) {
  int family = 0, type = 0;
  socklen_t n = sizeof family, m = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &n) != 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &m) != 0) return 0;
  return type == SOCK_STREAM && (family == AF_INET || family == AF_INET6);
}

static int ends_with(const char *path, const char *end) {
  const size_t n = strlen(path), m = strlen(end);
  return n >= m && strcmp(path + n - m, end) == 0;
}

/* BOOK: the exchange takes a message as a whole or not at all; of a LINE a part may have left. */
enum { OTHER, JOURNAL, BOOK, LINE };

static int side(int fd) {
  char link[32], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0) return OTHER;
  path[n] = 0;
  if (strncmp(path, "socket:", 7) == 0) return is_tcp(fd) ? LINE : OTHER;
  if (book[0] != 0 && strcmp(path, book) == 0) return BOOK;
  if (journal[0] == 0 || strncmp(path, journal, strlen(journal)) != 0) return OTHER;
  return ends_with(path, ".db") || ends_with(path, ".db-wal") ? JOURNAL : OTHER;
}

/* Whether bytes that leave count. */
static int counts(const void *bytes, size_t n) {
  if (!only_orders) return 1;
  const unsigned char *b = bytes;
  for (size_t i = 0; i + 18 <= n; i++) {
    size_t k = 0;
    while (k < 18 && (k == 0 ? b[i] == 'A' : k == 1 ? b[i + 1] == 'L' : isxdigit(b[i + k]))) k++;
    if (k == 18) return 1;
  }
  return 0;
}

#define REAL(name) \
  static __typeof__(name) *real; \
  if (real == NULL) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* `call` writes what begins with the bytes; `part` is the same with half of them. */
#define WRITES(bytes, n, call, part) \
  const int to = side(fd); \
  const int is_nothing = to == OTHER || (to != JOURNAL && !counts(bytes, n)); \
  const int act = is_nothing ? NOTHING : boundary(to == JOURNAL ? JOURNAL_WRITE : BROKER_SEND); \
  if (act == BEFORE || (act == MIDDLE && to == BOOK)) die(); \
  if (act == MIDDLE) { \
    (void)!(part); \
    die(); \
  } \
  const ssize_t done = (call); \
  if (act == AFTER) die(); \
  return done;

ssize_t write(int fd, const void *bytes, size_t n) {
  REAL(write);
  WRITES(bytes, n, real(fd, bytes, n), real(fd, bytes, n / 2))
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset) {
  REAL(pwrite);
  WRITES(bytes, n, real(fd, bytes, n, offset), real(fd, bytes, n / 2, offset))
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset) {
  REAL(pwrite64);
  WRITES(bytes, n, real(fd, bytes, n, offset), real(fd, bytes, n / 2, offset))
}

ssize_t writev(int fd, const struct iovec *parts, int n) {
  REAL(writev);
  WRITES(parts[0].iov_base, parts[0].iov_len, real(fd, parts, n), write(fd, parts[0].iov_base, parts[0].iov_len / 2))
}

ssize_t send(int fd, const void *bytes, size_t n, int flags) {
  REAL(send);
  WRITES(bytes, n, real(fd, bytes, n, flags), real(fd, bytes, n / 2, flags))
}

ssize_t sendto(int fd, const void *bytes, size_t n, int flags, const struct sockaddr *to_, socklen_t room) {
  REAL(sendto);
  WRITES(bytes, n, real(fd, bytes, n, flags, to_, room), real(fd, bytes, n / 2, flags, to_, room))
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  REAL(sendmsg);
  WRITES(message->msg_iov[0].iov_base, message->msg_iov[0].iov_len, real(fd, message, flags),
         send(fd, message->msg_iov[0].iov_base, message->msg_iov[0].iov_len / 2, flags))
}

/* `call` changes the file without bytes. */
#define CHANGES(kind, call) \
  const int act = side(fd) == JOURNAL ? boundary(kind) : NOTHING; \
  if (act == BEFORE || act == MIDDLE) die(); \
  const int done = (call); \
  if (act == AFTER) die(); \
  return done;

int fsync(int fd) {
  REAL(fsync);
  CHANGES(JOURNAL_SYNC, real(fd))
}

int fdatasync(int fd) {
  REAL(fdatasync);
  CHANGES(JOURNAL_SYNC, real(fd))
}

int ftruncate(int fd, off_t size) {
  REAL(ftruncate);
  CHANGES(JOURNAL_TRUNCATE, real(fd, size))
}

int ftruncate64(int fd, off64_t size) {
  REAL(ftruncate64);
  CHANGES(JOURNAL_TRUNCATE, real(fd, size))
}

int connect(int fd, const struct sockaddr *address, socklen_t room) {
  REAL(connect);
  const int act = is_tcp(fd) ? boundary(BROKER_CONNECT) : NOTHING;
  if (act == BEFORE || act == MIDDLE) die();
  const int done = real(fd, address, room);
  if (act == AFTER) die();
  return done;
}

#define READS(call) \
  const ssize_t done = (call); \
  if (done > 0 && side(fd) >= BOOK && boundary(BROKER_RECEIVE) != NOTHING) die(); \
  return done;

ssize_t read(int fd, void *bytes, size_t n) {
  REAL(read);
  READS(real(fd, bytes, n))
}

ssize_t pread(int fd, void *bytes, size_t n, off_t offset) {
  REAL(pread);
  READS(real(fd, bytes, n, offset))
}

ssize_t pread64(int fd, void *bytes, size_t n, off64_t offset) {
  REAL(pread64);
  READS(real(fd, bytes, n, offset))
}

ssize_t readv(int fd, const struct iovec *parts, int n) {
  REAL(readv);
  READS(real(fd, parts, n))
}

ssize_t recv(int fd, void *bytes, size_t n, int flags) {
  REAL(recv);
  READS(real(fd, bytes, n, flags))
}

ssize_t recvfrom(int fd, void *bytes, size_t n, int flags, struct sockaddr *from, socklen_t *room) {
  REAL(recvfrom);
  READS(real(fd, bytes, n, flags, from, room))
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  REAL(recvmsg);
  READS(real(fd, message, flags))
}
