// Blocks that glibc's own malloc made go through free, realloc and malloc_usable_size unharmed, and count as
// nobody's misuse.
//
// row: company | blocks made by __libc_malloc
// expect report["errors"] == []
// expect leaks("resize") == (300, 1)
// lost resize 300 1
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

extern void* __libc_malloc(size_t);
extern void* __libc_memalign(size_t, size_t);

NOINLINE static void* resize(void* block) { return keep(realloc(block, 300)); }

int main(void) {
  for (size_t size = 1; size < 1 << 22; size = size * 3 + 1) {
    char* block = memset(__libc_malloc(size), 'x', size);
    if (malloc_usable_size(block) < size) return 1;
    free(block);
    free(__libc_memalign(4096, size));
  }
  char* block = memset(__libc_malloc(200), 'y', 200);
  block = resize(block);
  for (int i = 0; i < 200; ++i)
    if (block[i] != 'y') return 2;
  block = NULL;
  keep(block);
  puts("taken over");
  return 0;
}
