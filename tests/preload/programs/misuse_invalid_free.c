// free of a pointer into the middle of a block: reported, ignored; the block lives on.
//
// bare: no
// expect len(errors("invalid_free")) == 1
// expect [f["function"] for f in errors("invalid_free")[0]["frames"]][0] == "free_middle"
// expect leaks("make") == (100, 1)
#include <stdlib.h>
#include <string.h>

#include "support.h"

NOINLINE static char* make(void) { return memset(keep(malloc(100)), 'm', 100); }
NOINLINE static void free_middle(char* block) { free(keep(block + 32)); }

int main(void) {
  char* block = make();
  free_middle(block);
  for (int i = 0; i < 100; ++i)
    if (block[i] != 'm') return 1;
  return 0;
}
