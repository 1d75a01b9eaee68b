#define _GNU_SOURCE
#include "system_allocations.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* --- Counters. Initial-exec TLS needs no allocation of its own on first use. --- */

static __thread __attribute__((tls_model("initial-exec"))) bool counting;
static __thread __attribute__((tls_model("initial-exec"))) uint64_t counted;
static int64_t clock_shift;

static void *counted_malloc(size_t size) {
  counted += counting;
  return malloc(size);
}
static void *counted_calloc(size_t count, size_t size) {
  counted += counting;
  return calloc(count, size);
}
static void *counted_realloc(void *block, size_t size) {
  counted += counting;
  return realloc(block, size);
}
static void *counted_aligned_alloc(size_t alignment, size_t size) {
  counted += counting;
  return aligned_alloc(alignment, size);
}
static int counted_posix_memalign(void **block, size_t alignment, size_t size) {
  counted += counting;
  return posix_memalign(block, alignment, size);
}
static void counted_free(void *block) {
  counted += counting && block != NULL;
  free(block);
}

void al_allocations_start(void) {
  counted = 0;
  counting = true;
}
uint64_t al_allocations_stop(void) {
  counting = false;
  return counted;
}
int al_allocations_pause(void) {
  bool was = counting;
  counting = false;
  return was;
}
void al_allocations_resume(int was_counting) { counting = was_counting != 0; }

uint64_t al_allocated_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/* --- Clocks. --- */

static time_t shifted_time(time_t *out) {
  time_t now = time(NULL) + clock_shift;
  if (out != NULL) *out = now;
  return now;
}
static int shifted_gettimeofday(struct timeval *tv, void *zone) {
  int status = gettimeofday(tv, zone);
  if (status == 0 && tv != NULL) tv->tv_sec += clock_shift;
  return status;
}
static int shifted_clock_gettime(clockid_t id, struct timespec *out) {
  int status = clock_gettime(id, out);
  if (status == 0 && out != NULL) out->tv_sec += clock_shift;
  return status;
}

void al_clock_shift(int64_t seconds) { clock_shift = seconds; }

/* --- Import slots. --- */

static const struct {
  const char *name;
  void *replacement;
} hooks[] = {
  {"malloc", counted_malloc},
  {"calloc", counted_calloc},
  {"realloc", counted_realloc},
  {"aligned_alloc", counted_aligned_alloc},
  {"posix_memalign", counted_posix_memalign},
  {"free", counted_free},
  {"time", shifted_time},
  {"gettimeofday", shifted_gettimeofday},
  {"clock_gettime", shifted_clock_gettime},
};

typedef struct hooking {
  int slots;
  int error;
  uintptr_t own; /* an address in this object, whose slots stay: the counters call through them */
} hooking;

/* RELRO made the page read-only after relocation. */
static bool write_slot(uintptr_t slot, void *value, int *error) {
  uintptr_t page = slot & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
  if (mprotect((void *)page, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE) != 0) {
    *error = -errno;
    return false;
  }
  *(void **)slot = value;
  return true;
}

static void hook_table(uintptr_t base, const ElfW(Rela) * table, size_t bytes, const ElfW(Sym) * symbols,
                       const char *names, hooking *state) {
  for (size_t i = 0; i < bytes / sizeof *table; i++) {
    uint64_t type = ELF64_R_TYPE(table[i].r_info);
#if defined(__x86_64__)
    if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT) continue;
#elif defined(__aarch64__)
    if (type != R_AARCH64_JUMP_SLOT && type != R_AARCH64_GLOB_DAT) continue;
#else
    continue;
#endif
    const char *name = names + symbols[ELF64_R_SYM(table[i].r_info)].st_name;
    for (size_t k = 0; k < sizeof hooks / sizeof hooks[0]; k++)
      if (strcmp(name, hooks[k].name) == 0)
        state->slots += write_slot(base + table[i].r_offset, hooks[k].replacement, &state->error);
  }
}

static bool contains(const struct dl_phdr_info *object, uintptr_t address) {
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[i];
    uintptr_t start = object->dlpi_addr + header->p_vaddr;
    if (header->p_type == PT_LOAD && address >= start && address < start + header->p_memsz) return true;
  }
  return false;
}

static int hook_object(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size;
  hooking *state = context;
  const char *name = object->dlpi_name == NULL ? "" : object->dlpi_name;
  /* The kernel's object has no slots; the loader's own calls must not be touched. */
  if (contains(object, state->own) || strstr(name, "linux-vdso") != NULL || strstr(name, "ld-linux") != NULL) return 0;
  const ElfW(Dyn) *dynamic = NULL;
  for (int i = 0; i < object->dlpi_phnum; i++)
    if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
      dynamic = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
  if (dynamic == NULL) return 0;
  const ElfW(Sym) *symbols = NULL;
  const char *names = NULL;
  const ElfW(Rela) *tables[2] = {NULL, NULL};
  size_t bytes[2] = {0, 0};
  for (; dynamic->d_tag != DT_NULL; dynamic++) {
    switch (dynamic->d_tag) {
      case DT_SYMTAB: symbols = (const void *)dynamic->d_un.d_ptr; break;
      case DT_STRTAB: names = (const void *)dynamic->d_un.d_ptr; break;
      case DT_JMPREL: tables[0] = (const void *)dynamic->d_un.d_ptr; break;
      case DT_PLTRELSZ: bytes[0] = dynamic->d_un.d_val; break;
      case DT_RELA: tables[1] = (const void *)dynamic->d_un.d_ptr; break;
      case DT_RELASZ: bytes[1] = dynamic->d_un.d_val; break;
      default: break;
    }
  }
  if (symbols == NULL || names == NULL) return 0;
  for (int k = 0; k < 2; k++)
    if (tables[k] != NULL) hook_table(object->dlpi_addr, tables[k], bytes[k], symbols, names, state);
  return 0;
}

int al_imports_hook(void) {
  hooking state = {.own = (uintptr_t)&clock_shift};
  dl_iterate_phdr(hook_object, &state);
  return state.error != 0 ? state.error : state.slots;
}

/* --- Naming the memory that a fault touched. --- */

enum { maximum_regions = 512 };
static struct {
  uintptr_t start, end;
  const char *name;
} regions[maximum_regions];
static size_t region_count;
static int guard_descriptor = -1;
static _Alignas(16) char handler_stack[1 << 16];

static void on_fault(int number, siginfo_t *info, void *context) {
  (void)context;
  uintptr_t address = (uintptr_t)info->si_addr;
  for (size_t i = 0; i < region_count; i++) {
    if (address < regions[i].start || address >= regions[i].end) continue;
    (void)!write(guard_descriptor, "guard ", 6);
    (void)!write(guard_descriptor, regions[i].name, strlen(regions[i].name));
    (void)!write(guard_descriptor, "\n", 1);
    break;
  }
  /* Returning repeats the access, which now ends the process by the same signal. */
  signal(number, SIG_DFL);
}

void al_guard_report_to(int descriptor) {
  guard_descriptor = descriptor;
  stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
}

void al_guard_watch(uintptr_t address, uint64_t bytes, const char *name) {
  if (region_count == maximum_regions) return;
  regions[region_count].start = address;
  regions[region_count].end = address + bytes;
  regions[region_count].name = name;
  region_count++;
}

void al_guard_forget(uintptr_t address, uint64_t bytes) {
  for (size_t i = region_count; i-- > 0;) {
    if (regions[i].start < address || regions[i].start >= address + bytes) continue;
    regions[i] = regions[--region_count];
  }
}
