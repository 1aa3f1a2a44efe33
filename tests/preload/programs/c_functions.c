// Every allocating function of the C family is seen, with the bytes that were asked for.
//
// run under: preload cli
// expect leaks("by_malloc") == (101, 1)
// expect leaks("by_calloc") == (2 * 102, 2)
// expect leaks("by_realloc") == (3 * 103, 3)
// expect leaks("by_reallocarray") == (4 * 104, 4)
// expect leaks("by_memalign") == (5 * 105, 5)
// expect leaks("by_aligned_alloc") == (6 * 128, 6)
// expect leaks("by_posix_memalign") == (7 * 107, 7)
// expect leaks("by_valloc") == (8 * 108, 8)
// expect leaks("by_pvalloc") == (9 * 4096, 9)
// expect leaks("by_strdup") == (10 * 11, 10)
// expect leaks("by_nothing") == (0, 1)
// expect report["leaks"]["blocks"] == 56
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

NOINLINE static void by_malloc(void) { keep(malloc(101)); }
NOINLINE static void by_calloc(void) { keep(calloc(102, 1)); }
NOINLINE static void by_realloc(void) { keep(realloc(NULL, 103)); }
NOINLINE static void by_reallocarray(void) { keep(reallocarray(NULL, 52, 2)); }
NOINLINE static void by_memalign(void) { keep(memalign(64, 105)); }
NOINLINE static void by_aligned_alloc(void) { keep(aligned_alloc(64, 128)); }
NOINLINE static void by_posix_memalign(void) {
  void* block = NULL;
  if (posix_memalign(&block, 256, 107) != 0) abort();
  keep(block);
}
NOINLINE static void by_valloc(void) { keep(valloc(108)); }
NOINLINE static void by_pvalloc(void) { keep(pvalloc(4096)); }
NOINLINE static void by_strdup(void) { keep(strdup("ten bytes.")); }
NOINLINE static void by_nothing(void) { keep(malloc(0)); }

int main(void) {
  void (*functions[])(void) = {by_malloc,         by_calloc, by_realloc, by_reallocarray, by_memalign, by_aligned_alloc,
                               by_posix_memalign, by_valloc, by_pvalloc, by_strdup};
  for (int i = 0; i < 10; ++i)
    for (int times = 0; times <= i; ++times) functions[i]();
  by_nothing();
  return 0;
}
