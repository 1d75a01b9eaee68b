/* Finds the memory that it shares with the host, fills it with nonsense, and stays there. */
#define FIXTURE_ID "fixture.scribbles_block"
#include <stdint.h>
static uintptr_t block_start, block_end;
#define FIXTURE_PREPARE(me) find_block();
static void find_block(void);
#include "fixture_agent.h"
#include <stdio.h>

static void find_block(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[512];
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    unsigned long start, end;
    if (strstr(line, "alphaloop-worker (deleted)") != NULL && strstr(line, " rw-s ") != NULL &&
        sscanf(line, "%lx-%lx", &start, &end) == 2 && block_start == 0) {
      block_start = start;
      block_end = end;
    }
  }
  if (maps != NULL) fclose(maps);
}

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)input;
  (void)output;
  if (block_start == 0) exit(9);
  const size_t size = block_end - block_start;
  memset((void *)block_start, 0xff, size < (1 << 20) ? size : 1 << 20);
  for (;;) {
  }
}
