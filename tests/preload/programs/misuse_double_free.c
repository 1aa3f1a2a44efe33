// A block freed twice: reported once, with where; the program goes on. (glibc aborts.)
//
// bare: no
// sums: no
// expect len(errors("double_free")) == 1
// expect [f["function"] for f in errors("double_free")[0]["frames"]][0] == "free_again"
// expect leaks("after") == (9, 1)
#include <stdlib.h>

#include "support.h"

NOINLINE static void* make(void) { return keep(malloc(100)); }
NOINLINE static void free_once(void* block) { free(block); }
NOINLINE static void free_again(void* block) { free(block); }
NOINLINE static void after(void) { keep(malloc(9)); }

int main(void) {
  void* block = make();
  free_once(block);
  free_again(keep(block));
  for (int i = 0; i < 1000; ++i) free(make());
  after();
  return 0;
}
