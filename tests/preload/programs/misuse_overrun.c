// A write past the end of a block is found when the block is freed, with where it was allocated.
//
// bare: no
// sums: no
// expect len(errors("overrun")) >= 1
// expect "free_it" in [f["function"] for f in errors("overrun")[0]["frames"]]
// expect leaks("after") == (9, 1)
#include <stdlib.h>
#include <string.h>

#include "support.h"

NOINLINE static char* make(void) { return keep(malloc(24)); }
NOINLINE static void free_it(char* block) { free(block); }
NOINLINE static void after(void) { keep(malloc(9)); }

int main(void) {
  char* block = make();
  memset(block, 'o', 32);
  keep(block);
  free_it(block);
  for (int i = 0; i < 1000; ++i) free(make());
  after();
  return 0;
}
