/* Writes rows past the end of its buffer. */
#define FIXTURE_ID "fixture.overrun"
#include "fixture_agent.h"

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)input;
  memset(output->rows, 0x55, ((size_t)output->cap + 1) * sizeof(al_row_v1));
}
