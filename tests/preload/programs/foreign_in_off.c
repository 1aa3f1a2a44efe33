// With recording off, foreign blocks are still told from weir's own.
//
// WEIR_RECORD=off
// profiles any
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

extern void* __libc_malloc(size_t);

int main(void) {
  for (size_t size = 1; size < 1 << 22; size = size * 3 + 1) {
    char* block = memset(__libc_malloc(size), 'x', size);
    block = keep(realloc(block, size + 100));
    for (size_t i = 0; i < size; ++i)
      if (block[i] != 'x') return 1;
    free(block);
    block = __libc_malloc(size);
    if (malloc_usable_size(block) < size) return 2;
    free(block);
  }
  return 0;
}
