/* CRC-32C by the processor's own instruction, which Swift cannot reach. */
#ifndef ALPHALOOP_CHECKSUM_H
#define ALPHALOOP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Advances the register over n bytes into *crc. 0: this processor has no such instruction and nothing was done. */
int alphaloop_crc32c(uint32_t *crc, const void *bytes, size_t n);

#endif
