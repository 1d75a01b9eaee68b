/* Misbehaves never: the control of every other fixture. It also logs how long its secret "token" is. */
#define FIXTURE_ID "fixture.steady"
#define FIXTURE_PREPARE(me) read_secret(host);
#include <alphaloop.h>
static void read_secret(const al_host_v1 *host);
#include "fixture_agent.h"
#include <stdio.h>

static void read_secret(const al_host_v1 *host) {
  char buffer[16], text[64];
  uint64_t length = 0;
  const al_status granted = host->secret(host->ctx, fixture_text("token"), buffer, sizeof buffer, &length);
  const al_status refused = host->secret(host->ctx, fixture_text("other"), buffer, sizeof buffer, &length);
  const int n = snprintf(text, sizeof text, "secret %d, %d, %d bytes %.6s", granted, refused, (int)length, buffer);
  host->log(host->ctx, AL_LOG_INFO, (al_str_v1){text, (uint64_t)n});
}

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)me;
  (void)input;
  (void)output;
}
