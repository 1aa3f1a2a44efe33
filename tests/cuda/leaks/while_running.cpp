// A look while the process runs judges blocks of CUDA's, too: what is dropped between two looks is lost in the second.
//
// bare: no
// run with:
// run with: WEIR_DEVICE_POOL=off
//
// expect verdict_in("device", "lost", "drop") == (100000, 1)
// expect verdict_in("device", "reachable", "keep") == (200000, 1)
#include <weir/weir.h>

#include "leaks.hpp"

static volatile CUdeviceptr kept;

[[gnu::noinline]] static void drop() { allocate(100000); }
[[gnu::noinline]] static void keep() { kept = allocate(200000); }

[[gnu::noinline]] static unsigned long long lost() {
  weir_verdict seen{};
  seen.struct_size = sizeof(seen);
  MUST(weir_scan(&seen) == 0);
  return seen.lost_bytes;
}

int main() {
  start();
  keep();
  const unsigned long long before = lost();
  drop();
  OK(cuMemFree(allocate(300000)));  // the newest block of all has no verdict yet
  const unsigned long long after = lost();
  if (after - before != 100000) std::printf("%llu and then %llu bytes are lost\n", before, after);
  MUST(after - before == 100000);
  return done();
}
