// Where a tool watches the driver's allocations every call is the driver's, and the report says so, once.
//
// bare: no
// run with: NV_SANITIZER_INJECTION_PORT_BASE=49152
// run with: NVTX_INJECTION64_PATH=libsanitizer-collection.so
// run with: CUDA_MEMCHECK=1
// expect report["spaces"]["device"]["live_blocks"] == 0
// expect len([line for line in report["coverage"]["warnings"] if "not pooled" in line]) == 1
#include "device.hpp"

int main() {
  start();
  for (int i = 0; i < 10; ++i) OK(cuMemFree(allocate(1 << 20)));
  MUST(allocations() == 10 && frees() == 10 && blocks() == 0);
  return done();
}
