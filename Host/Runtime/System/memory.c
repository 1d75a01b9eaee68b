#define _GNU_SOURCE
#include "system_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static int failed_with(int error, int descriptor) {
  close(descriptor);
  return -error;
}

int al_memory_file(const char *name, uint64_t bytes) {
  int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return -errno;
  if (ftruncate(descriptor, (off_t)bytes) != 0) return failed_with(errno, descriptor);
  if (fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) return failed_with(errno, descriptor);
  return descriptor;
}

int al_memory_file_forbid_new_writers(int descriptor) {
  return fcntl(descriptor, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0 ? 0 : -errno;
}

int al_map_at(uintptr_t address, uint64_t bytes, int descriptor, int flags) {
  int protection = flags & AL_MAP_WRITABLE ? PROT_READ | PROT_WRITE : PROT_READ;
  int kind = descriptor >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void *got = mmap((void *)address, bytes, protection, kind | MAP_FIXED_NOREPLACE, descriptor, 0);
  if (got == MAP_FAILED) return -errno;
  if ((uintptr_t)got == address) return 0;
  munmap(got, bytes); /* before Linux 4.17 the flag is unknown and the address only a hint */
  return -EEXIST;
}

int al_unmap(uintptr_t address, uint64_t bytes) { return munmap((void *)address, bytes) == 0 ? 0 : -errno; }

int al_protect_none(uintptr_t address, uint64_t bytes) {
  return mprotect((void *)address, bytes, PROT_NONE) == 0 ? 0 : -errno;
}

int al_discard(uintptr_t address, uint64_t bytes) {
  return madvise((void *)address, bytes, MADV_DONTNEED) == 0 ? 0 : -errno;
}

typedef struct span_search {
  uintptr_t inside;
  al_span *spans;
  int capacity;
  int count;
} span_search;

static int object_spans(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size;
  span_search *search = context;
  bool is_inside = false, is_relocated = false;
  search->count = 0;
  for (int k = 0; k < object->dlpi_phnum; k++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[k];
    if (segment->p_type == PT_DYNAMIC)
      for (const ElfW(Dyn) *d = (const void *)(object->dlpi_addr + segment->p_vaddr); d->d_tag != DT_NULL; d++)
        if (d->d_tag == DT_TEXTREL || (d->d_tag == DT_FLAGS && d->d_un.d_val & DF_TEXTREL)) is_relocated = true;
    if (segment->p_type != PT_LOAD) continue;
    uintptr_t start = object->dlpi_addr + segment->p_vaddr, end = start + segment->p_memsz;
    if (search->inside >= start && search->inside < end) is_inside = true;
    uintptr_t page = al_page_size();
    start = (start + page - 1) / page * page;
    end = end / page * page;
    if (segment->p_flags & PF_W || start >= end || search->count == search->capacity) continue;
    search->spans[search->count++] = (al_span){.address = start, .bytes = end - start};
  }
  /* Code that was changed as it was loaded would come back unchanged. */
  if (is_relocated) search->count = 0;
  return is_inside;
}

int al_object_constant_spans(const void *inside, al_span *spans, int capacity) {
  span_search search = {.inside = (uintptr_t)inside, .spans = spans, .capacity = capacity};
  return dl_iterate_phdr(object_spans, &search) ? search.count : 0;
}

size_t al_page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

int al_futex_wait(const uint32_t *word, uint32_t expected, int64_t timeout_ns) {
  struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
  long result = syscall(SYS_futex, word, FUTEX_WAIT, expected, timeout_ns < 0 ? NULL : &timeout, NULL, 0);
  return result == 0 ? 0 : -errno;
}

int al_futex_wake(const uint32_t *word, int count) {
  long result = syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
  return result < 0 ? -errno : (int)result;
}
