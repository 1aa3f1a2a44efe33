// Switched off: every call is the driver's.
//
// bare: no
// run with: WEIR_DEVICE_POOL=off
// expect report["spaces"]["device"]["live_blocks"] == 0
#include "device.hpp"

int main() {
  start();
  for (int i = 0; i < 10; ++i) OK(cuMemFree(allocate(1 << 20)));
  MUST(allocations() == 10 && frees() == 10 && blocks() == 0);
  return done();
}
