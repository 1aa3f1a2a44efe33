// The peak, and who owned it: the first function's memory was gone when the second made the peak.
//
// expect host["peak_bytes"] == (20 << 20) + 100000
// expect peak("first") == (10 << 20)
// expect peak("second") == (20 << 20)
// expect at_peak("first") == 0
// expect at_peak("second") == (20 << 20)
// expect at_peak("always") == 100000
// expect live("first") == (0, 0)
// expect live("second") == (0, 0)
#include <stdlib.h>

#include "support.h"

NOINLINE static void always(void) { keep(malloc(100000)); }
NOINLINE static void first(void) { free(keep(malloc(10 << 20))); }
NOINLINE static void second(void) { free(keep(malloc(20 << 20))); }
NOINLINE static void third(void) { free(keep(malloc(15 << 20))); }

int main(void) {
  always();
  first();
  second();
  third();
  return 0;
}
