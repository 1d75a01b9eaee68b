#define _GNU_SOURCE
#include "system_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int al_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : -errno; }

int al_set_dumpable(int on) { return prctl(PR_SET_DUMPABLE, on ? 1 : 0, 0, 0, 0) == 0 ? 0 : -errno; }

static int lower_limit(int which, uint64_t to) {
  struct rlimit limit;
  if (getrlimit(which, &limit) != 0) return -errno;
  if (limit.rlim_max == RLIM_INFINITY || to < limit.rlim_max) limit.rlim_max = to;
  if (limit.rlim_cur == RLIM_INFINITY || to < limit.rlim_cur) limit.rlim_cur = to;
  return setrlimit(which, &limit) == 0 ? 0 : -errno;
}

int al_limit_address_space(uint64_t bytes) { return lower_limit(RLIMIT_AS, bytes); }
int al_limit_descriptors(uint64_t count) { return lower_limit(RLIMIT_NOFILE, count); }
int al_limit_cpu_seconds(uint64_t seconds) { return lower_limit(RLIMIT_CPU, seconds); }
int al_limit_core(uint64_t bytes) { return lower_limit(RLIMIT_CORE, bytes); }

/* The kernel's interface as of version 6; headers of distributions are older. */
struct landlock_rules {
  uint64_t files;
  uint64_t network;
  uint64_t scopes;
};
struct landlock_port {
  uint64_t rights;
  uint64_t port;
};
enum {
  landlock_rule_port = 2,
  landlock_bind_tcp = 1,
  landlock_connect_tcp = 2,
  landlock_scope_abstract_socket = 1,
  landlock_scope_signal = 2,
};

static uint64_t file_rights(int version) {
  uint64_t rights = (1u << 13) - 1;      /* EXECUTE to MAKE_SYM */
  if (version >= 2) rights |= 1u << 13;  /* REFER */
  if (version >= 3) rights |= 1u << 14;  /* TRUNCATE */
  if (version >= 5) rights |= 1u << 15;  /* IOCTL_DEV */
  return rights;
}

/* The kernel accepts a shorter structure than its own, and a longer one only if the rest is zero. */
static size_t rules_size(int version) {
  if (version >= 6) return sizeof(struct landlock_rules);
  return version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

int al_landlock_version(void) {
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : (int)version;
}

static int allow_reading(int ruleset, const char *path) {
  int descriptor = open(path, O_PATH | O_CLOEXEC);
  if (descriptor < 0) return errno;
  struct stat status;
  int error = fstat(descriptor, &status) == 0 ? 0 : errno;
  if (error == 0) {
    struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = descriptor};
    if (S_ISDIR(status.st_mode)) rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) error = errno;
  }
  close(descriptor);
  return error;
}

static int add_rules(int ruleset, const al_system_landlock *rules, int64_t *failed_path) {
  for (size_t i = 0; i < rules->readable_count; i++) {
    int error = allow_reading(ruleset, rules->readable_paths[i]);
    if (error == 0) continue;
    *failed_path = (int64_t)i;
    return error;
  }
  for (size_t i = 0; i < rules->connect_count; i++) {
    struct landlock_port rule = {.rights = landlock_connect_tcp, .port = rules->connect_ports[i]};
    if (syscall(SYS_landlock_add_rule, ruleset, landlock_rule_port, &rule, 0) != 0) return errno;
  }
  return 0;
}

int al_landlock_apply(const al_system_landlock *rules, int64_t *failed_path) {
  *failed_path = -1;
  int version = al_landlock_version();
  if (version == 0 || (version < 4 && rules->connect_count > 0)) return -EOPNOTSUPP;
  struct landlock_rules handled = {.files = file_rights(version)};
  if (version >= 4) handled.network = landlock_bind_tcp | landlock_connect_tcp;
  if (version >= 6) handled.scopes = landlock_scope_abstract_socket | landlock_scope_signal;
  long ruleset = syscall(SYS_landlock_create_ruleset, &handled, rules_size(version), 0);
  if (ruleset < 0) return -errno;
  int error = add_rules((int)ruleset, rules, failed_path);
  if (error == 0 && syscall(SYS_landlock_restrict_self, (int)ruleset, 0) != 0) error = errno;
  close((int)ruleset);
  return error == 0 ? version : -error;
}
