// Far more call stacks than WEIR_PROFILE_MAX has room for: nothing fails, the totals stay exact, and what could
// not be told apart is counted.
//
// WEIR_PROFILE_MAX=1M
// build: O0
// expect host["allocated_blocks"] == 32768
// expect host["allocated_bytes"] == 32768 * 24
// expect host["live_blocks"] == 32768
// expect coverage("records_dropped") > 0
// expect outcome.profiles[0].path.stat().st_size <= 1 << 20
#include <stdlib.h>

#include "support.h"

static void left(int depth);
NOINLINE static void right(int depth) {
  if (depth == 0) {
    keep(malloc(24));
    return;
  }
  left(depth - 1);
  right(depth - 1);
}
NOINLINE static void left(int depth) {
  if (depth == 0) {
    keep(malloc(24));
    return;
  }
  left(depth - 1);
  right(depth - 1);
}

int main(void) {
  left(15);
  return 0;
}
