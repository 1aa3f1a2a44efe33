// The last release of a primary context, and at once another thread's retain: the blocks of the old life are gone, though
// the context is alive when anybody asks.
//
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect report["spaces"]["device"]["live_blocks"] == 0
#include <thread>

#include "device.hpp"

int main() {
  const CUcontext context = start();
  const CUdeviceptr block = allocate(1 << 20);
  OK(cuMemFree(block));
  OK(cuCtxSynchronize());
  // Each is counted before it is late: the retain comes between the release and the question.
  for (const char* function : {"cuDevicePrimaryCtxRelease", "cuDevicePrimaryCtxGetState"}) simcuda_delay(function, 100000);
  std::thread retains{[] {
    CUcontext again;
    while (simcuda_calls("cuDevicePrimaryCtxRelease") == 0) std::this_thread::yield();
    const unsigned long long asked = simcuda_calls("cuDevicePrimaryCtxGetState");
    while (simcuda_calls("cuDevicePrimaryCtxGetState") == asked) std::this_thread::yield();
    OK(cuDevicePrimaryCtxRetain(&again, 0));
  }};
  OK(cuDevicePrimaryCtxRelease(0));
  retains.join();
  for (const char* function : {"cuDevicePrimaryCtxRelease", "cuDevicePrimaryCtxGetState"}) simcuda_delay(function, 0);
  OK(cuCtxSetCurrent(context));
  MUST(blocks() == 0);
  const CUdeviceptr fresh = allocate(1 << 20);
  MUST(blocks() == 1);  // it is the driver's, and no block of the old life
  OK(cuMemFree(fresh));
  return done();
}
