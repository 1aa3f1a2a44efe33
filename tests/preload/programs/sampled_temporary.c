// A sampled block is temporary when its thread allocates nothing between its making and its end, sampled or not.
//
// WEIR_RECORD=sampled
// WEIR_SAMPLE_EVERY=4K
// run under: preload
// expect temporary("first") == 0 and total("first")[1] > 10000
// expect abs(temporary("second") - total("second")[1]) <= 1 and total("second")[1] > 10000  # each is rounded to whole blocks
#include <stdlib.h>

#include "support.h"

NOINLINE static void* first(void) { return keep(malloc(500)); }
NOINLINE static void* second(void) { return keep(malloc(500)); }

int main(void) {
  for (int i = 0; i < 20000; ++i) {
    void* a = first();
    void* b = second();
    free(a);
    free(b);
  }
  return 0;
}
