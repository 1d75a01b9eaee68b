/* Changes what the host and other agents read. */
#define FIXTURE_ID "fixture.writes_input"
#include "fixture_agent.h"

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)output;
  ((double *)(uintptr_t)input->windows[0]->close)[input->windows[0]->first] = 1e9;
}
