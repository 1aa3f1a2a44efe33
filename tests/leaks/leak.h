// What the programs of the corpus share.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A frame of its own, at every level of optimisation.
#define APART __attribute__((noipa))

#ifdef __cplusplus
extern "C" {
#endif

/// Overwrites what calls before have left below the caller's frame.
static APART __attribute__((unused)) void scrub(void) {
  intptr_t word = -1024;
  __asm__ volatile("1: movq $0, (%%rsp,%0,8); inc %0; jnz 1b" : "+r"(word) : : "memory", "cc");
}

/// A block that is used, so that no compiler takes it away.
static inline __attribute__((always_inline, unused)) char* block(size_t bytes) {
  volatile char* made = (volatile char*)malloc(bytes);
  made[0] = 1;
  return (char*)made;
}

#ifdef __cplusplus
}
#endif
