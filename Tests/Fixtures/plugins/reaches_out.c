/* Opens a file and a socket, and tells in a view's confidence what it got: 0 nothing, 0.25 the file, 0.5 the socket. */
#define FIXTURE_ID "fixture.reaches_out"
#include "fixture_agent.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static void misbehave(fixture *me, const al_input_v1 *input, al_output_v1 *output) {
  (void)input;
  double got = 0;
  const int file = open("/etc/passwd", O_RDONLY);
  const int peer = socket(AF_INET, SOCK_STREAM, 0);
  if (file >= 0) got += 0.25;
  if (peer >= 0) got += 0.5;
  if (file >= 0) close(file);
  if (peer >= 0) close(peer);
  output->rows[output->len++] = (al_row_v1){.kind = AL_ROW_VIEW, .instrument = 0, .value = 0.125, .confidence = got};
  me->n = 0;
}
