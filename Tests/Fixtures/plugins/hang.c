/* Never returns. */
#define FIXTURE_ID "fixture.hang"
#include "fixture_agent.h"

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)output;
  for (volatile uint64_t forever = input->sequence;; forever++) {
  }
}
