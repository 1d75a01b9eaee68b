/* Hands the turn back itself, with an answer of a length that no buffer has, and goes on working. */
#define FIXTURE_ID "fixture.forges_turn"
#define FIXTURE_PREPARE(me) find_block();
#include <stdint.h>
static uintptr_t block_start;
static void find_block(void);
#include "fixture_agent.h"
#include <stdio.h>

static void find_block(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[512];
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    unsigned long start;
    if (strstr(line, "alphaloop-worker (deleted)") != NULL && strstr(line, " rw-s ") != NULL &&
        sscanf(line, "%lx-", &start) == 1 && block_start == 0)
      block_start = start;
  }
  if (maps != NULL) fclose(maps);
}

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)input;
  (void)output;
  if (block_start == 0) exit(9);
  unsigned char *block = (unsigned char *)block_start + (1 << 14); /* after the arena's header */
  *(volatile uint64_t *)(block + 256 + 24) = UINT64_MAX;           /* rows */
  *(volatile uint32_t *)(block + 256) = 100;                       /* "answer" */
  *(volatile uint32_t *)(block + 64) = 1;                          /* the host's turn */
  for (;;) {
  }
}
