// WEIR_RECORD=off: the program runs, nothing is recorded, and the profile says so.
//
// WEIR_RECORD=off
// profiles any
// expect all(p.host["allocated_blocks"] == 0 for p in profiles)
#include <stdlib.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  for (int i = 0; i < 1000; ++i) {
    lose();
    free(keep(realloc(keep(malloc(i)), 2 * i)));
  }
  return 0;
}
