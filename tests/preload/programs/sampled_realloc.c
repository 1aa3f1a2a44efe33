// A block that is resized is drawn for anew each time: it moves into the sampled range and out of it again, and keeps what it
// holds.
//
// WEIR_RECORD=sampled
// WEIR_SAMPLE_EVERY=2K
// run under: preload
// expect live("resize") == (0, 0)
// expect 800 < process["samples"] < 4000
// expect total("resize")[1] > 2500
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

NOINLINE static int resize(void) {
  int moves = 0;
  for (unsigned round = 0; round < 40; ++round) {
    unsigned char* block = keep(malloc(1));
    size_t held = 0;
    for (unsigned step = 1; step < 100; ++step) {
      const size_t bytes = (step * 37 + round * 11) % 3000 + 1;
      unsigned char* now = keep(realloc(block, bytes));
      moves += ((uintptr_t)now >> 44) != ((uintptr_t)block >> 44);
      block = now;
      for (size_t i = 0; i < (held < bytes ? held : bytes); ++i)
        if (block[i] != (unsigned char)(i * 31 + round)) abort();
      held = malloc_usable_size(block);
      if (held < bytes) abort();
      for (size_t i = 0; i < held; ++i) block[i] = (unsigned char)(i * 31 + round);
    }
    free(block);
  }
  return moves;
}

int main(void) {
  resize();
  return 0;
}
