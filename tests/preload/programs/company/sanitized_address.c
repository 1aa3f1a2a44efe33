// Built with AddressSanitizer, whose runtime insists on its own malloc and on being the first library: it runs as without
// weir, and finds the use of a freed block.
//
// compile: -fsanitize=address
// link: -fsanitize=address
// env ASAN_OPTIONS=detect_leaks=0
// row: company | built with AddressSanitizer, which finds a use after free
// exit 1
// expect "heap-use-after-free" in stderr
// expect any("AddressSanitizer keeps its own malloc" in line for line in coverage("warnings"))
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

int main(void) {
  for (int i = 0; i < 1000; ++i) free(keep(realloc(keep(malloc(i)), i * 2 + 1)));
  puts("about to use a freed block");
  fflush(stdout);
  volatile char* block = keep(malloc(10));
  free((void*)block);
  return block[3];
}
