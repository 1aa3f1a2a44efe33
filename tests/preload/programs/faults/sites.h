/* Any number of different call stacks: the bits of `number` choose between two functions at every step. */
#pragma once

#include <stdlib.h>

#include "support.h"

static NOINLINE void* even_step(unsigned number, int steps, size_t bytes);
static NOINLINE void* odd_step(unsigned number, int steps, size_t bytes);

static NOINLINE void* next_step(unsigned number, int steps, size_t bytes) {
  if (steps == 0) return keep(malloc(bytes));
  return (number & 1) != 0 ? odd_step(number >> 1, steps - 1, bytes) : even_step(number >> 1, steps - 1, bytes);
}
static NOINLINE void* even_step(unsigned number, int steps, size_t bytes) {
  void* block = next_step(number, steps, bytes);
  return keep(block);
}
static NOINLINE void* odd_step(unsigned number, int steps, size_t bytes) {
  void* block = next_step(number, steps, bytes);
  return keep(block);
}
