// A program that is linked to jemalloc and mixes its own functions with malloc's: each takes the other's blocks.
//
// needs: jemalloc
// link: -Wl,--no-as-needed -ljemalloc
// row: company | linked to libjemalloc, mixing mallocx and malloc
// expect leaks("lose") == (3 * 90, 3)
// expect live("mix") == (0, 0)
// expect report["errors"] == []
// lost lose 270 3
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

int mallctl(const char*, void*, size_t*, void*, size_t);
void* mallocx(size_t, int);
void* rallocx(void*, size_t, int);
size_t xallocx(void*, size_t, size_t, int);
size_t sallocx(const void*, int);
size_t nallocx(size_t, int);
void dallocx(void*, int);
void sdallocx(void*, size_t, int);
enum { kAlign4096 = 12, kZero = 0x40, kNoCache = 1 << 8 };

NOINLINE static void lose(void) {
  for (int i = 0; i < 3; ++i) keep(mallocx(90, 0));
}

static int is_filled(const char* block, size_t bytes, char with) {
  for (size_t i = 0; i < bytes; ++i)
    if (block[i] != with) return 0;
  return 1;
}

NOINLINE static int mix(size_t bytes) {
  char* block = keep(malloc(bytes));
  memset(block, 'a', bytes);
  block = rallocx(block, bytes * 2, 0);
  if (sallocx(block, 0) < bytes * 2 || !is_filled(block, bytes, 'a')) return 1;
  memset(block, 'b', sallocx(block, 0));
  sdallocx(block, bytes * 2, 0);

  block = keep(mallocx(bytes, kAlign4096 | kZero | kNoCache));
  if ((uintptr_t)block % 4096 != 0 || !is_filled(block, bytes, 0)) return 2;
  block = realloc(block, bytes + 100);
  if (malloc_usable_size(block) < bytes + 100) return 3;
  memset(block, 'c', bytes + 100);
  block = rallocx(block, bytes * 3 + 200, kAlign4096);
  if ((uintptr_t)block % 4096 != 0 || !is_filled(block, bytes + 100, 'c')) return 4;
  free(block);

  block = keep(calloc(1, bytes));
  if (xallocx(block, bytes, 0, 0) < bytes) return 5;
  dallocx(block, 0);
  const size_t real = nallocx(bytes, 0);
  block = keep(mallocx(bytes, 0));
  memset(block, 'd', real);  // as the manual allows
  free(block);
  return 0;
}

int main(void) {
  lose();
  for (size_t bytes = 1; bytes < 1 << 22; bytes = bytes * 3 + 1) {
    const int wrong = mix(bytes);
    if (wrong != 0) return wrong;
  }
  size_t arenas = 0, length = sizeof(unsigned);
  if (mallctl("opt.narenas", &arenas, &length, NULL, 0) != 0 || arenas == 0) return 9;
  puts("mixed");
  return 0;
}
