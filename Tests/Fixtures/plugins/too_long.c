/* Claims more rows than its buffer has. */
#define FIXTURE_ID "fixture.too_long"
#include "fixture_agent.h"

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)input;
  output->len = UINT32_MAX - 8;
  me->n = 0; /* no answer behind it */
}
