/* Counting what other code in this process allocates, and shifting the clock it sees. For validation: no product path
 * calls this. Works by rewriting the import slots of every loaded object but the C library's own, so a process that never
 * calls al_imports_hook pays nothing. */
#pragma once

#include <stdint.h>

/* Rewrites the slots of all objects loaded so far; call again after loading more. Returns the number of slots that lead to
 * a counter now, or -errno of a page that could not be made writable. */
int al_imports_hook(void);

/* From now on allocations of the calling thread are counted, from 0. */
void al_allocations_start(void);

/* Ends counting; returns how many calls of malloc, calloc, realloc, aligned_alloc, posix_memalign and free it saw. */
uint64_t al_allocations_stop(void);

/* Holds and resumes counting on this thread around work that is not the counted code's. */
int al_allocations_pause(void);
void al_allocations_resume(int was_counting);

/* Bytes that the allocator has handed out and not got back. */
uint64_t al_allocated_bytes(void);

/* Added to every wall-clock reading (time, gettimeofday, clock_gettime of any clock) through a hooked slot. */
void al_clock_shift(int64_t seconds);

/* When a touch of the memory [address, address + bytes) is a segmentation fault, `name` is written to `descriptor` as the line
 * "guard NAME" before the process ends by that signal. At most 512 regions; `name` must live as long. */
void al_guard_report_to(int descriptor);
void al_guard_watch(uintptr_t address, uint64_t bytes, const char *name);

/* Forgets the regions that start in [address, address + bytes), before that memory is given back. */
void al_guard_forget(uintptr_t address, uint64_t bytes);
