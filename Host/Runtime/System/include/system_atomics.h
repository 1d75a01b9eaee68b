/* Atomic access to words in memory that two processes share. All orders are at least acquire/release; a word is used
 * through these functions only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t al_load_acquire_u32(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline uint64_t al_load_acquire_u64(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }

static inline void al_store_release_u32(uint32_t *word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
static inline void al_store_release_u64(uint64_t *word, uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* Adds and returns the value before; acquire and release. Wraps. */
static inline uint32_t al_fetch_add_u32(uint32_t *word, uint32_t by) {
  return __atomic_fetch_add(word, by, __ATOMIC_ACQ_REL);
}
static inline uint64_t al_fetch_add_u64(uint64_t *word, uint64_t by) {
  return __atomic_fetch_add(word, by, __ATOMIC_ACQ_REL);
}

static inline uint32_t al_exchange_u32(uint32_t *word, uint32_t value) {
  return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL);
}

/* Stores `desired` if the word equals `expected`; true when it did. */
static inline bool al_compare_exchange_u32(uint32_t *word, uint32_t expected, uint32_t desired) {
  return __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
static inline bool al_compare_exchange_u64(uint64_t *word, uint64_t expected, uint64_t desired) {
  return __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Full fence, for the store-then-load handshakes of spinning waiters. */
static inline void al_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/* Tells the core that this is a spin loop. */
static inline void al_spin_hint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield" ::: "memory");
#endif
}
