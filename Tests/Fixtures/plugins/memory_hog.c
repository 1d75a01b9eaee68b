/* Takes memory until there is none, and uses the NULL that it gets then. */
#define FIXTURE_ID "fixture.memory_hog"
#include "fixture_agent.h"

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)input;
  (void)output;
  for (;;) memset(malloc(1 << 20), 1, 1 << 20);
}
