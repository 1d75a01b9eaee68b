#include "system_checksum.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#include <sys/auxv.h>
#ifndef HWCAP_SHA2
#define HWCAP_SHA2 (1 << 6)
#endif
#endif

/* FIPS 180-4, section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
  0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
  0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
  0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Advances the state by whole blocks of 64 bytes. */
typedef void compress(uint32_t state[8], const uint8_t *blocks, size_t count);

static uint32_t rotate_right(uint32_t value, int by) { return value >> by | value << (32 - by); }

static void compress_portably(uint32_t state[8], const uint8_t *block, size_t count) {
  for (; count > 0; count--, block += 64) {
    uint32_t schedule[64];
    for (int i = 0; i < 16; i++)
      schedule[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8
          | (uint32_t)block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
      uint32_t early = schedule[i - 15], late = schedule[i - 2];
      schedule[i] = schedule[i - 16] + schedule[i - 7] + (rotate_right(early, 7) ^ rotate_right(early, 18) ^ early >> 3)
          + (rotate_right(late, 17) ^ rotate_right(late, 19) ^ late >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
      uint32_t first = h + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) + ((e & f) ^ (~e & g))
          + round_constants[i] + schedule[i];
      uint32_t second = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
  }
}

#if defined(__x86_64__)

/* Intel SDM volume 2, "SHA extensions": leaf 7, EBX bit 29. */
int al_sha256_is_hardware(void) {
  unsigned int a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1) && __builtin_cpu_supports("sse4.1");
}

/* The instructions keep the state as (a, b, e, f) and (c, d, g, h), highest word first, and do two rounds each. */
__attribute__((target("sha,sse4.1"))) static void compress_hardware(uint32_t state[8], const uint8_t *block, size_t count) {
  const __m128i bytes_of_words = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  __m128i abef = _mm_alignr_epi8(low, high, 8);
  __m128i cdgh = _mm_blend_epi16(high, low, 0xF0);
  for (; count > 0; count--, block += 64) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i words[4];
    for (int i = 0; i < 4; i++)
      words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block + 16 * i)), bytes_of_words);
    for (int i = 0; i < 16; i++) {
      const __m128i now = words[i & 3];
      const __m128i keyed = _mm_add_epi32(now, _mm_load_si128((const __m128i *)(round_constants + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, keyed);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(keyed, 0x0E));
      if (i >= 12) continue;
      /* Words 16 on: four at a time out of the sixteen before. */
      const __m128i newest = words[(i + 3) & 3];
      const __m128i sum =
          _mm_add_epi32(_mm_sha256msg1_epu32(now, words[(i + 1) & 3]), _mm_alignr_epi8(newest, words[(i + 2) & 3], 4));
      words[i & 3] = _mm_sha256msg2_epu32(sum, newest);
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  low = _mm_shuffle_epi32(abef, 0x1B);
  high = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

#elif defined(__aarch64__)

int al_sha256_is_hardware(void) { return (getauxval(AT_HWCAP) & HWCAP_SHA2) != 0; }

__attribute__((target("+crypto"))) static void compress_hardware(uint32_t state[8], const uint8_t *block, size_t count) {
  uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
  for (; count > 0; count--, block += 64) {
    const uint32x4_t abcd_before = abcd, efgh_before = efgh;
    uint32x4_t words[4];
    for (int i = 0; i < 4; i++) words[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(block + 16 * i)));
    for (int i = 0; i < 16; i++) {
      const uint32x4_t now = words[i & 3];
      const uint32x4_t keyed = vaddq_u32(now, vld1q_u32(round_constants + 4 * i));
      const uint32x4_t abcd_then = abcd;
      abcd = vsha256hq_u32(abcd, efgh, keyed);
      efgh = vsha256h2q_u32(efgh, abcd_then, keyed);
      if (i >= 12) continue;
      words[i & 3] = vsha256su1q_u32(vsha256su0q_u32(now, words[(i + 1) & 3]), words[(i + 2) & 3], words[(i + 3) & 3]);
    }
    abcd = vaddq_u32(abcd, abcd_before);
    efgh = vaddq_u32(efgh, efgh_before);
  }
  vst1q_u32(state, abcd);
  vst1q_u32(state + 4, efgh);
}

#else

int al_sha256_is_hardware(void) { return 0; }
static void compress_hardware(uint32_t state[8], const uint8_t *block, size_t count) {
  compress_portably(state, block, count);
}

#endif

static void digest_with(compress *advance, const uint8_t *at, size_t count, uint8_t *digest) {
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  const size_t whole = count / 64, left = count % 64;
  if (whole > 0) advance(state, at, whole);

  uint8_t tail[128] = {0};
  if (left > 0) memcpy(tail, at + whole * 64, left);
  tail[left] = 0x80;
  const size_t tail_blocks = left < 56 ? 1 : 2;
  const uint64_t bits = (uint64_t)count * 8;
  for (size_t i = 0; i < 8; i++) tail[tail_blocks * 64 - 1 - i] = (uint8_t)(bits >> (8 * i));
  advance(state, tail, tail_blocks);
  for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

void al_sha256_portable(const void *bytes, size_t count, uint8_t *digest) {
  digest_with(compress_portably, bytes, count, digest);
}

void al_sha256(const void *bytes, size_t count, uint8_t *digest) {
  digest_with(al_sha256_is_hardware() ? compress_hardware : compress_portably, bytes, count, digest);
}
