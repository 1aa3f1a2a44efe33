/* What the test programs share: functions that stay in the call stack, and blocks that the compiler keeps. */
#pragma once

#define NOINLINE __attribute__((noinline))

/* The compiler must believe that somebody looks at the block. */
static inline void* keep(void* block) {
  __asm__ volatile("" : "+r"(block) : : "memory");
  return block;
}
