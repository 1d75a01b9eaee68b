/* A failed check of a safe language: SIGILL, with its last words on standard error. */
#define FIXTURE_ID "fixture.trap"
#include "fixture_agent.h"
#include <stdio.h>

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)input;
  (void)output;
  fprintf(stderr, "Fatal error: index out of range\n");
  __builtin_trap();
}
