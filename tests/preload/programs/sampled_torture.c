// Threads that allocate, resize, hand over and free at random, with some blocks sampled and others not: every block keeps
// what was written to it, and the counts add up.
//
// WEIR_RECORD=sampled
// WEIR_SAMPLE_EVERY=300
// run under: preload
// expect host["live_blocks"] < 200
// expect report["errors"] == []
// expect process["samples"] > 10000
// expect coverage("samples_dropped") == 0
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { kSlots = 64, kThreads = 4, kRounds = 20000 };
struct block {
  unsigned char* at;
  size_t bytes;
  unsigned char mark;
};
static struct block* _Atomic slots[kSlots];

static unsigned next(unsigned* state) { return (*state = *state * 1664525u + 1013904223u) >> 8; }

static size_t some_size(unsigned* state) {
  const unsigned r = next(state);
  return r % 100 == 0 ? r % 300000 : r % 10 == 0 ? r % 5000 : r % 200;
}

static void check(const struct block* block, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i)
    if (block->at[i] != block->mark) abort();
}

static void fill(struct block* block, size_t bytes, unsigned* state) {
  block->bytes = bytes;
  block->mark = next(state) & 0xff;
  if (bytes != 0 && malloc_usable_size(block->at) < bytes) abort();
  memset(block->at, block->mark, bytes);
}

static struct block* make(unsigned* state) {
  struct block* block = malloc(sizeof *block);
  const size_t bytes = some_size(state);
  switch (next(state) % 3) {
    case 0: block->at = malloc(bytes); break;
    case 1:
      block->at = calloc(1, bytes);
      for (size_t i = 0; i < bytes; ++i)
        if (block->at[i] != 0) abort();
      break;
    default: {
      const size_t align = (size_t)16 << next(state) % 9;
      block->at = memalign(align, bytes);
      if ((uintptr_t)block->at % align != 0) abort();
    }
  }
  fill(block, bytes, state);
  return block;
}

static void drop(struct block* block) {
  check(block, block->bytes);
  free(block->at);
  free(block);
}

static void resize(struct block* block, unsigned* state) {
  const size_t bytes = some_size(state) + 1;
  block->at = realloc(block->at, bytes);
  check(block, bytes < block->bytes ? bytes : block->bytes);
  fill(block, bytes, state);
}

static void* work(void* seed) {
  unsigned state = (unsigned)(uintptr_t)seed;
  for (int i = 0; i < kRounds; ++i) {
    struct block* _Atomic* slot = &slots[next(&state) % kSlots];
    struct block* block = __atomic_exchange_n((struct block**)slot, NULL, __ATOMIC_ACQ_REL);
    if (block == NULL)
      block = make(&state);
    else if (next(&state) % 2 == 0)
      resize(block, &state);
    else {
      drop(block);
      continue;
    }
    block = __atomic_exchange_n((struct block**)slot, block, __ATOMIC_ACQ_REL);
    if (block != NULL) drop(block);
  }
  return NULL;
}

int main(void) {
  pthread_t threads[kThreads];
  for (uintptr_t i = 0; i < kThreads; ++i) pthread_create(&threads[i], NULL, work, (void*)(i * 7919 + 1));
  for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
  for (int i = 0; i < kSlots; ++i)
    if (slots[i] != NULL) drop(slots[i]);
  return 0;
}
