/* A SQLite file system that passes everything on to the system's own and keeps a list of what reached the files, in order:
 * from it the states that a power failure could have left are built. One thread only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
  RV_CREATE = 1,   /* the name was not there */
  RV_WRITE = 2,    /* `bytes` bytes at `offset`, their copy at `data` of rv_data() */
  RV_TRUNCATE = 3, /* to `offset` bytes */
  RV_SYNC = 4,     /* everything of the file before it is durable; its name too, when it was new */
  RV_DELETE = 5,   /* `offset` 1: the directory was synced */
};

typedef struct rv_operation {
  int32_t kind;
  int32_t file; /* see rv_name */
  int64_t offset;
  int64_t bytes;
  uint64_t data;
} rv_operation;

/* Asked before each operation, whose bytes are at `bytes`: SQLITE_OK, and it happens, or the error that the program gets
 * instead. While there is a hook nothing is listed. NULL: none. */
typedef int (*rv_hook)(void *ctx, const rv_operation *operation, const void *bytes);
void rv_set_hook(rv_hook hook, void *ctx);

/* Makes it the default file system of this process. 0, or SQLite's error code. */
int rv_install(void);

/* Whether what is opened from now on is listed; at first it is. */
void rv_record(int on);

uint64_t rv_count(void);
const rv_operation *rv_operations(void);
const uint8_t *rv_data(void);
const char *rv_name(int32_t file);
/* Whether the bytes of `part` are among `bytes`. */
int rv_contains(const void *bytes, size_t n, const void *part, size_t m);
/* Forgets the list and the names. No file may be open. */
void rv_reset(void);
