/* Misbehaves never: the control of every other fixture. */
#define FIXTURE_ID "fixture.steady"
#include "fixture_agent.h"

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)input;
  (void)output;
}
