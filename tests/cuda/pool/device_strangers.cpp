// Copies between contexts need no access to each other's memory: a block is not handed out while one of another context
// may still touch it, though a strict free need not have waited for that.
//
// env SIMCUDA_DEVICES=2
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_POOL=slab
// run with: WEIR_DEVICE_FREE=deferred WEIR_DEVICE_POOL=slab
// expect report["spaces"]["device"]["live_blocks"] == 0
#include "device.hpp"

int main() {
  const CUcontext own = start(0), other = start(1);
  CUstream stream = make_stream();
  const CUdeviceptr there = allocate(1 << 20);
  for (const size_t bytes : {size_t{1} << 20, size_t{4096}}) {
    OK(cuCtxSetCurrent(own));
    const CUdeviceptr block = allocate(bytes);
    OK(cuCtxSetCurrent(other));
    simcuda_hold(stream);
    OK(cuMemcpyPeerAsync(there, other, block, own, bytes, stream));
    OK(cuCtxSetCurrent(own));
    OK(cuMemFree(block));
    OK(cuCtxSynchronize());  // proves nothing of the other context
    for (int i = 0; i != 100; ++i) {
      const CUdeviceptr next = allocate(bytes);
      MUST(next != block && simcuda_pending_refs(next, bytes) == 0);
      OK(cuMemFree(next));
    }
    MUST(simcuda_pending_refs(block, bytes) == 1);
    simcuda_release(stream);
    OK(cuCtxSetCurrent(other));
    OK(cuStreamSynchronize(stream));
    OK(cuCtxSetCurrent(own));
    // It comes back when the fence behind it is done.
    bool came_back = false;
    CUdeviceptr held[200];
    int count = 0;
    for (; count != 200 && !came_back; ++count) came_back = (held[count] = allocate(bytes)) == block;
    MUST(came_back);
    for (int i = 0; i != count; ++i) OK(cuMemFree(held[i]));
  }
  // With one context again, a strict free makes a block idle at once, and the program's own wait proves deferred ones.
  OK(cuCtxSetCurrent(other));
  OK(cuMemFree(there));
  OK(cuDevicePrimaryCtxReset(1));
  OK(cuCtxSetCurrent(own));
  for (int i = 0; i != 10; ++i) {
    const CUdeviceptr block = allocate(3 << 20);
    OK(cuMemFree(block));
    OK(cuCtxSynchronize());
    const unsigned long long before = allocations();
    MUST(allocate(3 << 20) == block && allocations() == before);
    OK(cuMemFree(block));
    OK(cuCtxSynchronize());
  }
  return done();
}
