// An allocation waits for no work, as the driver's own does not: not when the pool gives back what is beyond its bound, nor
// when memory is out and idle blocks are what is missing.
//
// run with: WEIR_DEVICE_IDLE_MAX=1M
// run with: WEIR_DEVICE_IDLE_MAX=1M WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_IDLE_MAX=1M SIMCUDA_FAIL=cuMemFreeAsync:1+=NOT_SUPPORTED
// run with: WEIR_DEVICE_IDLE_MAX=1M WEIR_DEVICE_FREE=deferred SIMCUDA_FAIL=cuMemFreeAsync:1+=NOT_SUPPORTED
// run with: SIMCUDA_MEMORY=520M
// run with: SIMCUDA_MEMORY=520M WEIR_DEVICE_FREE=deferred
// run with: SIMCUDA_MEMORY=520M WEIR_DEVICE_FREE=deferred SIMCUDA_SEED=5
#include <unistd.h>

#include "device.hpp"

int main() {
  alarm(20);
  start();
  const CUdeviceptr busy = allocate(5000);
  const CUstream stream = make_stream();
  CUdeviceptr held[100];
  for (CUdeviceptr& block : held) block = allocate(3 << 20);
  for (const CUdeviceptr block : held) OK(cuMemFree(block));
  simcuda_hold(stream);
  OK(cuMemsetD8Async(busy, 1, 5000, stream));
  const CUdeviceptr first = allocate(50 << 20);
  const CUdeviceptr second = allocate(60 << 20);
  const CUdeviceptr third = allocate(200 << 20);
  const bool is_bounded = std::getenv("WEIR_DEVICE_IDLE_MAX") != nullptr && std::getenv("LD_PRELOAD") != nullptr;
  if (is_bounded && std::getenv("SIMCUDA_FAIL") == nullptr)
    // Deferred frees that had no fence yet when the work began are pending: less than one fence is put for.
    MUST(simcuda_live_bytes(0, SIMCUDA_DEVICE) <= (311ull << 20) + (1 << 20) + (64 << 20));
  simcuda_release(stream);
  for (const CUdeviceptr block : {first, second, third, busy}) OK(cuMemFree(block));
  OK(cuCtxSynchronize());
  // What could not be given back then can now.
  const CUdeviceptr last = allocate(7 << 20);
  OK(cuMemFree(last));
  OK(cuCtxSynchronize());
  if (is_bounded) MUST(simcuda_live_bytes(0, SIMCUDA_DEVICE) <= 1 << 20);
  return done();
}
