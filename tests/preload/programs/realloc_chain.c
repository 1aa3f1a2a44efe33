// A block that grows and shrinks stays one block, of its last size, and belongs to who resized it last.
//
// expect leaks("grow") == (1 << 20, 1)
// expect leaks("shrink") == (10, 1)
// expect live("start") == (0, 0)
// expect leaks("through_zero") == (0, 0)
// expect report["leaks"]["blocks"] == 2
#include <stdlib.h>
#include <string.h>

#include "support.h"

NOINLINE static void* start(size_t bytes) { return memset(keep(malloc(bytes)), 1, bytes); }
NOINLINE static void* grow(char* block) {
  for (size_t bytes = 2; bytes <= 1 << 20; bytes *= 2) {
    block = keep(realloc(block, bytes));
    for (size_t i = bytes / 2; i < bytes; ++i) block[i] = 1;
    for (size_t i = 0; i < bytes; ++i)
      if (block[i] != 1) abort();
  }
  return block;
}
NOINLINE static void* shrink(void* block) {
  for (size_t bytes = 1 << 19; bytes >= 10; bytes /= 2) block = keep(realloc(block, bytes));
  return keep(realloc(block, 10));
}
NOINLINE static void through_zero(void* block) { free(keep(realloc(block, 0))); }

int main(void) {
  grow(start(1));
  shrink(start(1 << 20));
  through_zero(start(100));
  return 0;
}
