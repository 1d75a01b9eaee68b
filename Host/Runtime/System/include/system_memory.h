/* Shared memory at a chosen address, and waiting on words inside it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Creates a memory file of `bytes` bytes, close-on-exec, its size sealed so that no holder can shrink it under a mapping
 * (a later access would be SIGBUS). Returns the descriptor, or -errno. */
int al_memory_file(const char *name, uint64_t bytes);

/* From now on nobody can map the file writable or write to it, in any process; mappings that exist stay writable
 * (F_SEAL_FUTURE_WRITE, Linux 5.1). 0 or -errno. */
int al_memory_file_forbid_new_writers(int descriptor);

enum {
  AL_MAP_WRITABLE = 1, /* PROT_READ | PROT_WRITE, else PROT_READ */
};

/* Maps `bytes` bytes at exactly `address`, or nothing: -EEXIST when something lies there (MAP_FIXED_NOREPLACE). A
 * `descriptor` >= 0 is mapped shared from its start, -1 is private memory without reserve: pages come on first touch.
 * 0 or -errno. */
int al_map_at(uintptr_t address, uint64_t bytes, int descriptor, int flags);
int al_unmap(uintptr_t address, uint64_t bytes);

/* Makes whole pages inaccessible: a touch is SIGSEGV. */
int al_protect_none(uintptr_t address, uint64_t bytes);

/* Gives the pages of private memory back; they read as zero afterwards, or as the file that is mapped there. */
int al_discard(uintptr_t address, uint64_t bytes);

typedef struct al_span {
  uintptr_t address;
  uint64_t bytes;
} al_span;

/* The whole pages of a loaded object that nothing writes: its code and constants, as they stand in the file. `inside` is
 * any address in the object. Fills at most `capacity` spans and returns how many; 0 for an address of no object. */
int al_object_constant_spans(const void *inside, al_span *spans, int capacity);

size_t al_page_size(void);

/* Sleeps while `*word == expected`, also across processes. `timeout_ns` < 0 waits for ever. 0 when woken (check the word
 * again), -EAGAIN when the word was different at the start, -ETIMEDOUT, -EINTR. */
int al_futex_wait(const uint32_t *word, uint32_t expected, int64_t timeout_ns);

/* Wakes up to `count` sleepers; returns how many. */
int al_futex_wake(const uint32_t *word, int count);
