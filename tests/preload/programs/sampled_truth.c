// What scenarios/sampled_truth.py runs many times: kPlaces call sites each of four kinds, told apart by how deep they are in
// the stack. Alone it is held against its own arithmetic, with every byte sampled.
//
// WEIR_RECORD=sampled
// WEIR_SAMPLE_EVERY=1
// run under: preload
// build: O0
// expect total("small") == (20 * 8000 * 48, 20 * 8000)
// expect live("small") == (20 * 5333 * 48, 20 * 5333)
// expect total("large") == (20 * 200 * 12288, 20 * 200)
// expect live("large") == (20 * 133 * 12288, 20 * 133)
// expect total("certain") == (20 * 3 * (1 << 20), 20 * 3)
// expect total("mixed")[1] == 20 * 2000
// expect all(site["live_bytes_stderr"] == 0 for site in sites)
#include <stdint.h>
#include <stdlib.h>

#include "support.h"

enum { kPlaces = 20, kMost = 8000 };
static void* blocks[kPlaces][4][kMost];

NOINLINE static void small(void** out) {
  for (int i = 0; i < 8000; ++i) out[i] = keep(malloc(48));
}
NOINLINE static void large(void** out) {
  for (int i = 0; i < 200; ++i) out[i] = keep(malloc(12288));
}
NOINLINE static void mixed(void** out) {
  uint32_t state = 1;
  for (int i = 0; i < 2000; ++i) {
    state = state * 1664525u + 1013904223u;
    out[i] = keep(malloc(((size_t)256 << (state >> 28) % 6) + (state >> 8) % 256));  // to 8 KiB
  }
}
NOINLINE static void certain(void** out) {
  for (int i = 0; i < 3; ++i) out[i] = keep(malloc(1 << 20));
}

NOINLINE static void from_depth(int depth, void* (*of)[kMost]) {
  if (depth > 0) {
    from_depth(depth - 1, of);
    return;
  }
  small(of[0]);
  large(of[1]);
  mixed(of[2]);
  certain(of[3]);
}

int main(void) {
  for (int place = 0; place < kPlaces; ++place) from_depth(place, blocks[place]);
  for (int place = 0; place < kPlaces; ++place)
    for (int kind = 0; kind < 4; ++kind)
      for (int i = 0; i < kMost; i += 3) free(blocks[place][kind][i]);
  return 0;
}
