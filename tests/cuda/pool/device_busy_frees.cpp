// A program that frees and launches, and neither asks for memory nor waits, does not keep all that it has freed.
//
// WEIR_DEVICE_FREE=deferred
// WEIR_DEVICE_IDLE_MAX=8M
// bare: no
#include <unistd.h>

#include "device.hpp"

int main() {
  alarm(20);
  start();
  const CUstream stream = make_stream();
  static CUdeviceptr held[400];
  for (CUdeviceptr& block : held) block = allocate(1 << 20);
  const unsigned long long allocated = allocations();
  for (const CUdeviceptr block : held) {
    OK(cuMemsetD8Async(block, 1, 1 << 20, stream));
    while (cuStreamQuery(stream) == CUDA_ERROR_NOT_READY) {
    }
    OK(cuMemFree(block));
  }
  MUST(simcuda_live_bytes(0, SIMCUDA_DEVICE) < (128ull << 20));
  MUST(allocations() == allocated);
  return done();
}
