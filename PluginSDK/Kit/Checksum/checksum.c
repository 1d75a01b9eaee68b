#include "alphaloop_checksum.h"

#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t advance(uint32_t crc, const unsigned char *p, size_t n) {
  uint64_t wide = crc;
  for (; n >= 8; n -= 8, p += 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = (uint32_t)wide;
  for (; n > 0; n--) crc = _mm_crc32_u8(crc, *p++);
  return crc;
}

int alphaloop_crc32c(uint32_t *crc, const void *bytes, size_t n) {
  if (!__builtin_cpu_supports("sse4.2")) return 0;
  *crc = advance(*crc, bytes, n);
  return 1;
}
#else
int alphaloop_crc32c(uint32_t *crc, const void *bytes, size_t n) {
  (void)crc, (void)bytes, (void)n;
  return 0;
}
#endif
