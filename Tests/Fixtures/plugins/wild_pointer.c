/* Writes through a wild pointer: SIGSEGV. */
#define FIXTURE_ID "fixture.wild_pointer"
#include "fixture_agent.h"

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)input;
  (void)output;
  *(volatile int *)8 = 1;
}
