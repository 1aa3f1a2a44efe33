// WEIR_PINNED_POOL=off: every call is the driver's.
//
// WEIR_PINNED_POOL=off
// bare: no
// expect live_in("pinned", "main") == (0, 0)
// expect total_in("pinned", "main")[1] == 20
#include "pinned.hpp"

int main() {
  start();
  for (int i = 0; i < 20; ++i) {
    const unsigned long long before = allocations(), freed = frees(), had = bytes();
    void* block = allocate(5000);
    MUST(bytes() == had + 5000);
    OK(cuMemFreeHost(block));
    MUST(allocations() == before + 1 && frees() == freed + 1 && bytes() == had);
  }
  return done();
}
