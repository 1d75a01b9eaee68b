/* Checksums of journal records, segments and plugin files. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli; RFC 3720 appendix B.4): reflected polynomial 0x82F63B78, initial and final complement. Start with
 * 0; the result of one part is the start of the next, so crc(ab) = al_crc32c(al_crc32c(0, a), b). Uses the processor's
 * instruction when there is one. `bytes` may be NULL when `count` is 0. */
uint32_t al_crc32c(uint32_t crc, const void *bytes, size_t count);

/* The same by table, on every processor; public so that both ways can be compared. */
uint32_t al_crc32c_table(uint32_t crc, const void *bytes, size_t count);

/* 1 when al_crc32c uses the processor's instruction. */
int al_crc32c_is_hardware(void);

/* SHA-256 (FIPS 180-4) of `count` bytes into 32 bytes at `digest`. Uses the processor's instructions when there are any.
 * `bytes` may be NULL when `count` is 0. */
void al_sha256(const void *bytes, size_t count, uint8_t *digest);

/* The same in plain C, on every processor; public so that both ways can be compared. */
void al_sha256_portable(const void *bytes, size_t count, uint8_t *digest);

/* 1 when al_sha256 uses the processor's instructions. */
int al_sha256_is_hardware(void);
