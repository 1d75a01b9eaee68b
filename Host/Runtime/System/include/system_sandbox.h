/* The kernel's locks for a process that runs foreign code. Each only takes rights away and cannot be undone. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int al_set_no_new_privileges(void);

/* 0: no core dump, no ptrace and no /proc/PID/mem by processes of the same user. */
int al_set_dumpable(int on);

/* Soft and hard limits; each is lowered only. */
int al_limit_address_space(uint64_t bytes);
int al_limit_descriptors(uint64_t count);
int al_limit_cpu_seconds(uint64_t seconds);
int al_limit_core(uint64_t bytes);

/* Landlock (Linux 5.13). The version of the kernel's interface, 0 when there is none. Version 4 adds TCP rules,
 * version 6 abstract sockets and signals. */
int al_landlock_version(void);

typedef struct al_system_landlock {
  const char *const *readable_paths; /* files or folders that may be read; no others, and none may be written */
  size_t readable_count;
  const uint16_t *connect_ports; /* TCP ports that may be connected to, on any host; none may be bound */
  size_t connect_count;
} al_system_landlock;

/* Binds the calling thread and those it makes later, not threads that exist. TCP is restricted from version 4 on, below
 * it a non-empty `connect_ports` is -EOPNOTSUPP. `failed_path` gets the index of a path that could not be opened, else
 * -1. Returns the version applied, or -errno. */
int al_landlock_apply(const al_system_landlock *rules, int64_t *failed_path);

enum {
  AL_SECCOMP_READ_FILES = 1,     /* open for reading (Landlock says which), stat, list */
  AL_SECCOMP_TCP_SOCKETS = 2,    /* AF_INET and AF_INET6 stream sockets as a client */
  AL_SECCOMP_UDP_SOCKETS = 4,    /* the same with datagrams (name look-up); the kernel cannot limit their peers */
  AL_SECCOMP_THREADS = 8,        /* new threads, never new processes */
};

/* Installs a list of the calls that remain; every other call answers EPERM. What remains without flags: memory that is not
 * executable, inherited descriptors, time, sleeping, futexes, own signals, exit. Set on all threads of the process;
 * needs no_new_privs. 0, -EOPNOTSUPP on an unknown architecture, or -errno. */
int al_seccomp_apply(int flags);

/* 1 when `text` is an IPv4 or IPv6 address and needs no look-up. */
int al_is_ip_address(const char *text);

/* 1 when the kernel can filter calls, else 0. */
int al_seccomp_available(void);
