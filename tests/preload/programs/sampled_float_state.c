// A program that traps on every floating-point exception, rounds upwards and looks at its flags: drawing and weighing of
// samples raise nothing and leave nothing behind.
//
// WEIR_RECORD=sampled
// WEIR_SAMPLE_EVERY=100
// run under: preload
// expect 900 < host["live_blocks"] < 1100
#include <stdlib.h>
#include <xmmintrin.h>

#include "support.h"

int main(void) {
  const unsigned strict = _MM_ROUND_UP;  // nothing masked, no flag
  for (int i = 0; i < 1000; ++i) {
    _mm_setcsr(strict);
    void* block = keep(malloc(1000));
    if (i % 2 == 0) {
      free(block);
      block = keep(calloc(10, 100));
    }
    block = keep(realloc(block, 2000));
    if (_mm_getcsr() != strict) abort();
  }
  _mm_setcsr(0x1f80);
  return 0;
}
