// A value that does not parse and a name that does not exist: one line each that helps; the program runs on
// with the defaults.
//
// WEIR_RECORD=sometimes
// WEIR_STACK_DEPHT=3
// expect leaks("lose") == (100, 1)
// expect sum("WEIR_RECORD" in t and "sometimes" in t and "exact" in t for t in stderr_lines) == 1
// expect sum("WEIR_STACK_DEPHT" in t and "WEIR_STACK_DEPTH" in t for t in stderr_lines) == 1
#include <stdlib.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  return 0;
}
