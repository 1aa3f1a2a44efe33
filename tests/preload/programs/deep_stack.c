// A stack deeper than WEIR_STACK_DEPTH loses its oldest frames, and the report counts it.
//
// WEIR_STACK_DEPTH=16
// expect depth("dig") == 16
// expect leaks("dig") == (33, 1)
// expect coverage("stacks_truncated") >= 1
#include <stdlib.h>

#include "support.h"

NOINLINE static int dig(int depth) {
  if (depth == 0) return keep(malloc(33)) != NULL;
  const int found = dig(depth - 1);
  __asm__ volatile("");
  return found;
}

int main(void) { return dig(500) != 1; }
