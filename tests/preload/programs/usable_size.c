// Every byte that malloc_usable_size reports may be written; doing so is no overrun.
//
// row: company | every byte of malloc_usable_size is written
// expect report["errors"] == []
// expect live("fill") == (0, 0)
// lost lose 65 1
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

NOINLINE static void fill(size_t bytes) {
  char* block = keep(malloc(bytes));
  const size_t usable = malloc_usable_size(block);
  if (usable < bytes) abort();
  memset(block, 0xAB, usable);
  block = keep(realloc(block, usable + 100));
  for (size_t i = 0; i < usable; ++i)
    if ((unsigned char)block[i] != 0xAB) abort();
  memset(block, 0xCD, malloc_usable_size(block));
  free(block);
}

NOINLINE static void lose(void) { keep(malloc(65)); }

int main(void) {
  lose();
  for (size_t bytes = 0; bytes < 5000; ++bytes) fill(bytes);
  for (size_t bytes = 5000; bytes < 8 << 20; bytes += bytes / 7) fill(bytes);
  puts("filled to the brim");
  return 0;
}
