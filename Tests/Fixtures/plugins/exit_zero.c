/* Leaves the process as if all were well. */
#define FIXTURE_ID "fixture.exit_zero"
#include "fixture_agent.h"

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)input;
  (void)output;
  exit(0);
}
