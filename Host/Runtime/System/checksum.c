#include "system_checksum.h"

#include <string.h>

#if defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#ifndef HWCAP_CRC32
#define HWCAP_CRC32 (1 << 7)
#endif
#endif

enum { polynomial_slices = 8 };

static uint32_t slices[polynomial_slices][256];

/* Filled before main: no lock, no first-use check in the loop. */
__attribute__((constructor)) static void fill_slices(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1u)));
    slices[0][byte] = crc;
  }
  for (int slice = 1; slice < polynomial_slices; slice++)
    for (uint32_t byte = 0; byte < 256; byte++)
      slices[slice][byte] = (slices[slice - 1][byte] >> 8) ^ slices[0][slices[slice - 1][byte] & 0xFFu];
}

uint32_t al_crc32c_table(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *at = bytes;
  crc = ~crc;
  for (; count >= 8; count -= 8, at += 8) {
    uint32_t low = crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
    crc = slices[7][low & 0xFFu] ^ slices[6][(low >> 8) & 0xFFu] ^ slices[5][(low >> 16) & 0xFFu] ^ slices[4][low >> 24]
        ^ slices[3][at[4]] ^ slices[2][at[5]] ^ slices[1][at[6]] ^ slices[0][at[7]];
  }
  for (; count > 0; count--, at++) crc = (crc >> 8) ^ slices[0][(crc ^ *at) & 0xFFu];
  return ~crc;
}

#if defined(__x86_64__)

int al_crc32c_is_hardware(void) { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) static uint32_t crc32c_hardware(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *at = bytes;
  uint64_t state = ~crc;
  for (; count >= 8; count -= 8, at += 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    state = __builtin_ia32_crc32di(state, word);
  }
  uint32_t tail = (uint32_t)state;
  for (; count > 0; count--, at++) tail = __builtin_ia32_crc32qi(tail, *at);
  return ~tail;
}

#elif defined(__aarch64__)

int al_crc32c_is_hardware(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }

__attribute__((target("+crc"))) static uint32_t crc32c_hardware(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *at = bytes;
  crc = ~crc;
  for (; count >= 8; count -= 8, at += 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    crc = __builtin_arm_crc32cd(crc, word);
  }
  for (; count > 0; count--, at++) crc = __builtin_arm_crc32cb(crc, *at);
  return ~crc;
}

#else

int al_crc32c_is_hardware(void) { return 0; }
static uint32_t crc32c_hardware(uint32_t crc, const void *bytes, size_t count) {
  return al_crc32c_table(crc, bytes, count);
}

#endif

uint32_t al_crc32c(uint32_t crc, const void *bytes, size_t count) {
  return al_crc32c_is_hardware() ? crc32c_hardware(crc, bytes, count) : al_crc32c_table(crc, bytes, count);
}
