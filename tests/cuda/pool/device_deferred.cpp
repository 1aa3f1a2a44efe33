// Deferred: a free never waits, and a block is not handed out while earlier work may touch it.
//
// bare: no
// WEIR_DEVICE_FREE=deferred
// run with:
// run with: WEIR_DEVICE_POOL=slab
// expect report["spaces"]["device"]["live_blocks"] == 0
#include "device.hpp"

int main() {
  start();
  CUstream stream = make_stream();
  const CUdeviceptr block = allocate(1 << 20);
  simcuda_hold(stream);
  OK(cuMemsetD8Async(block, 1, 1 << 20, stream));
  OK(cuMemFree(block));  // the driver's own would wait for ever
  for (int i = 0; i < 40; ++i) {
    const CUdeviceptr next = allocate(1 << 20);
    MUST(simcuda_pending_refs(next, 1 << 20) == 0 && next != block);
    OK(cuMemFree(next));
  }
  MUST(simcuda_pending_refs(block, 1 << 20) == 1);
  simcuda_release(stream);
  OK(cuCtxSynchronize());
  // Idle by the program's own wait: no block is made any more.
  const unsigned long long before = allocations();
  CUdeviceptr again[2] = {allocate(1 << 20), allocate(1 << 20)};
  MUST(allocations() == before);
  for (const CUdeviceptr it : again) OK(cuMemFree(it));

  // Idle by a fence of the pool's: the program waits for its stream only.
  OK(cuStreamSynchronize(stream));
  const CUdeviceptr third = allocate(5 << 20);
  OK(cuMemsetD8Async(third, 1, 5 << 20, stream));
  OK(cuMemFree(third));
  OK(cuStreamSynchronize(stream));
  bool came_back = false;
  for (int i = 0; i < 100 && !came_back; ++i) {
    const CUdeviceptr next = allocate(5 << 20);
    came_back = next == third;
    OK(cuMemFree(next));
  }
  MUST(came_back);
  OK(cuStreamDestroy(stream));
  return done();
}
