#define _GNU_SOURCE
#include "recording_vfs.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct recorded_file {
  sqlite3_file base;
  int32_t id;
  sqlite3_file *real;
} recorded_file;

static struct {
  sqlite3_vfs *real;
  sqlite3_vfs vfs;
  rv_operation *operations;
  uint64_t count, capacity;
  uint8_t *data;
  uint64_t data_count, data_capacity;
  char *names[1024];
  int32_t n_names;
  int is_paused;
  rv_hook hook;
  void *hook_ctx;
} all;

static void *grown(void *old, uint64_t wanted, uint64_t *capacity, size_t size) {
  if (wanted <= *capacity) return old;
  while (*capacity < wanted) *capacity = *capacity ? *capacity * 2 : 4096;
  void *new = realloc(old, *capacity * size);
  if (!new) abort();
  return new;
}

static int32_t named(const char *name) {
  for (int32_t k = 0; k < all.n_names; k++)
    if (strcmp(all.names[k], name) == 0) return k;
  if (all.n_names == 1024) abort();
  all.names[all.n_names] = strdup(name);
  return all.n_names++;
}

/* What the hook says of an operation that is about to happen; SQLITE_OK where there is none. */
static int asked(int32_t kind, int32_t file, int64_t offset, const void *bytes, int64_t n) {
  if (!all.hook || file < 0) return SQLITE_OK;
  return all.hook(all.hook_ctx, &(rv_operation){.kind = kind, .file = file, .offset = offset, .bytes = n}, bytes);
}

static void note(int32_t kind, int32_t file, int64_t offset, const void *bytes, int64_t n) {
  if (all.hook) return;
  all.operations = grown(all.operations, all.count + 1, &all.capacity, sizeof(rv_operation));
  all.data = grown(all.data, all.data_count + (uint64_t)n, &all.data_capacity, 1);
  all.operations[all.count++] =
      (rv_operation){.kind = kind, .file = file, .offset = offset, .bytes = n, .data = all.data_count};
  if (n) memcpy(all.data + all.data_count, bytes, (size_t)n);
  all.data_count += (uint64_t)n;
}

#define REAL(file) (((recorded_file *)(file))->real)
#define ID(file) (((recorded_file *)(file))->id)

static int f_close(sqlite3_file *f) {
  int rc = REAL(f)->pMethods ? REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK;
  free(REAL(f));
  return rc;
}
static int f_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at) {
  return REAL(f)->pMethods->xRead(REAL(f), to, n, at);
}
static int f_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at) {
  int rc = asked(RV_WRITE, ID(f), at, from, n);
  if (rc == SQLITE_OK) rc = REAL(f)->pMethods->xWrite(REAL(f), from, n, at);
  if (rc == SQLITE_OK && ID(f) >= 0) note(RV_WRITE, ID(f), at, from, n);
  return rc;
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 size) {
  int rc = asked(RV_TRUNCATE, ID(f), size, NULL, 0);
  if (rc == SQLITE_OK) rc = REAL(f)->pMethods->xTruncate(REAL(f), size);
  if (rc == SQLITE_OK && ID(f) >= 0) note(RV_TRUNCATE, ID(f), size, NULL, 0);
  return rc;
}
static int f_sync(sqlite3_file *f, int flags) {
  int rc = asked(RV_SYNC, ID(f), 0, NULL, 0);
  if (rc == SQLITE_OK) rc = REAL(f)->pMethods->xSync(REAL(f), flags);
  if (rc == SQLITE_OK && ID(f) >= 0) note(RV_SYNC, ID(f), 0, NULL, 0);
  return rc;
}
static int f_size(sqlite3_file *f, sqlite3_int64 *size) { return REAL(f)->pMethods->xFileSize(REAL(f), size); }
static int f_lock(sqlite3_file *f, int how) { return REAL(f)->pMethods->xLock(REAL(f), how); }
static int f_unlock(sqlite3_file *f, int how) { return REAL(f)->pMethods->xUnlock(REAL(f), how); }
static int f_reserved(sqlite3_file *f, int *out) { return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out); }
static int f_control(sqlite3_file *f, int op, void *arg) { return REAL(f)->pMethods->xFileControl(REAL(f), op, arg); }
static int f_sector(sqlite3_file *f) { return REAL(f)->pMethods->xSectorSize(REAL(f)); }
static int f_device(sqlite3_file *f) { return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f)); }
static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
  return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}
static int f_shm_lock(sqlite3_file *f, int at, int n, int flags) {
  return REAL(f)->pMethods->xShmLock(REAL(f), at, n, flags);
}
static void f_shm_barrier(sqlite3_file *f) { REAL(f)->pMethods->xShmBarrier(REAL(f)); }
static int f_shm_unmap(sqlite3_file *f, int remove) { return REAL(f)->pMethods->xShmUnmap(REAL(f), remove); }
/* No mapped input: it would be read past this list. */
static int f_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **out) {
  (void)f, (void)at, (void)n;
  *out = NULL;
  return SQLITE_OK;
}
static int f_unfetch(sqlite3_file *f, sqlite3_int64 at, void *p) {
  (void)f, (void)at, (void)p;
  return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    3,           f_close,   f_read,     f_write,    f_truncate,    f_sync,      f_size,  f_lock,   f_unlock, f_reserved,
    f_control,   f_sector,  f_device,   f_shm_map,  f_shm_lock,    f_shm_barrier, f_shm_unmap, f_fetch, f_unfetch,
};

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
  (void)vfs;
  recorded_file *f = (recorded_file *)file;
  memset(f, 0, sizeof *f);
  f->real = calloc(1, (size_t)all.real->szOsFile);
  if (!f->real) return SQLITE_NOMEM;
  int is_new = name && access(name, F_OK) != 0;
  f->id = name && !all.is_paused ? named(name) : -1;
  int rc = is_new ? asked(RV_CREATE, f->id, 0, NULL, 0) : SQLITE_OK;
  if (rc == SQLITE_OK) rc = all.real->xOpen(all.real, name, f->real, flags, out);
  if (rc != SQLITE_OK) {
    free(f->real);
    return rc;
  }
  if (is_new && f->id >= 0) note(RV_CREATE, f->id, 0, NULL, 0);
  f->base.pMethods = &methods;
  return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *vfs, const char *name, int sync) {
  (void)vfs;
  int was_there = access(name, F_OK) == 0;
  int rc = was_there && !all.is_paused ? asked(RV_DELETE, named(name), sync ? 1 : 0, NULL, 0) : SQLITE_OK;
  if (rc == SQLITE_OK) rc = all.real->xDelete(all.real, name, sync);
  if (rc == SQLITE_OK && was_there && !all.is_paused) note(RV_DELETE, named(name), sync ? 1 : 0, NULL, 0);
  return rc;
}

int rv_install(void) {
  if (all.real) return SQLITE_OK;
  int rc = sqlite3_initialize();
  if (rc != SQLITE_OK) return rc;
  all.real = sqlite3_vfs_find(NULL);
  if (!all.real) return SQLITE_ERROR;
  all.vfs = *all.real;
  all.vfs.szOsFile = (int)sizeof(recorded_file);
  all.vfs.zName = "recording";
  all.vfs.pNext = NULL;
  all.vfs.xOpen = v_open;
  all.vfs.xDelete = v_delete;
  return sqlite3_vfs_register(&all.vfs, 1);
}

void rv_set_hook(rv_hook hook, void *ctx) {
  all.hook = hook;
  all.hook_ctx = ctx;
}

void rv_record(int on) { all.is_paused = !on; }

uint64_t rv_count(void) { return all.count; }
const rv_operation *rv_operations(void) { return all.operations; }
const uint8_t *rv_data(void) { return all.data; }
const char *rv_name(int32_t file) { return file >= 0 && file < all.n_names ? all.names[file] : ""; }

int rv_contains(const void *bytes, size_t n, const void *part, size_t m) { return memmem(bytes, n, part, m) != NULL; }

void rv_reset(void) {
  for (int32_t k = 0; k < all.n_names; k++) free(all.names[k]);
  all.n_names = 0;
  all.count = 0;
  all.data_count = 0;
}
