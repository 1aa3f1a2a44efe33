// Freed memory is kept up to the bound, and the oldest of it goes first.
//
// bare: no
// WEIR_DEVICE_IDLE_MAX=1M
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_POOL=pow2
// expect report["spaces"]["device"]["live_blocks"] == 0
#include "device.hpp"

int main() {
  start();
  CUdeviceptr held[64];
  for (int i = 0; i < 64; ++i) held[i] = allocate(64 << 10);
  for (int i = 0; i < 64; ++i) {
    OK(cuMemFree(held[i]));
    OK(cuCtxSynchronize());
    const unsigned long long in_use = (63 - i) * (64ull << 10);
    MUST(simcuda_live_bytes(0, SIMCUDA_DEVICE) <= in_use + (1 << 20));
  }
  MUST(blocks() == 16);
  // What went longest ago is not there any more, the last one is.
  MUST(allocate(64 << 10) == held[63]);
  OK(cuMemFree(held[63]));
  // A block that alone is more than the bound is not kept.
  const unsigned long long before = frees();
  const CUdeviceptr huge = allocate(8 << 20);
  OK(cuMemFree(huge));
  OK(cuCtxSynchronize());
  MUST(frees() > before && simcuda_live_bytes(0, SIMCUDA_DEVICE) <= (1 << 20));
  return done();
}
