// Strict: a free returns when the work that was submitted before is done, as the driver's.
//
// run with:
// run with: WEIR_DEVICE_POOL=slab
// expect report["spaces"]["device"]["live_blocks"] == 0
#include <unistd.h>

#include <thread>

#include "device.hpp"

int main() {
  const CUcontext context = start();
  CUstream stream = make_stream();
  for (int round = 0; round < 3; ++round) {
    const CUdeviceptr block = allocate(1 << 20), other = allocate(2 << 20);
    simcuda_hold(stream);
    OK(cuMemsetD8Async(other, 1, 2 << 20, stream));
    std::thread releases{[&] {
      usleep(30000);
      simcuda_release(stream);
    }};
    OK(cuMemFree(block));
    MUST(simcuda_pending_refs(other, 2 << 20) == 0);
    releases.join();
    OK(cuMemFree(other));
  }
  OK(cuStreamDestroy(stream));
  std::printf("waited\n");
  return done();
}
