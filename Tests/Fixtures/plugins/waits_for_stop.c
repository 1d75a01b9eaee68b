/* Works until the host wants it to stop: no misbehaviour, but longer than a test has time for otherwise. */
#define FIXTURE_ID "fixture.waits_for_stop"
#include "fixture_agent.h"

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)input;
  (void)output;
  while (!me->host->stopping(me->host->ctx)) {
  }
}
