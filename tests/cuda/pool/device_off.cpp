// Without the pool every call is the driver's: switched off, or because a tool watches the driver's allocations.
//
// bare: no
// run with: WEIR_DEVICE_POOL=off
// run with: NV_SANITIZER_INJECTION_PORT_BASE=49152
// run with: NVTX_INJECTION64_PATH=libsanitizer-collection.so
// run with: CUDA_MEMCHECK=1
// expect live_in("device") == (0, 0)
#include "device.hpp"

int main() {
  start();
  for (int i = 0; i < 10; ++i) OK(cuMemFree(allocate(1 << 20)));
  MUST(allocations() == 10 && frees() == 10 && blocks() == 0);
  return done();
}
