// WEIR_QUIET=1: under LD_PRELOAD alone nothing at all is printed.
//
// WEIR_QUIET=1
// run under: preload
// expect stderr == ""
// expect leaks("lose") == (100, 1)
#include <stdlib.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  return 0;
}
