// More contexts than can be followed: nothing can be proven unused from then on. What the pools keep goes back to the driver,
// with the next free, and they keep nothing any more.
//
// env SIMCUDA_CONTEXT_BYTES=64K
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_POOL=slab
// run with: WEIR_DEVICE_FREE=deferred WEIR_DEVICE_POOL=slab
// expect stderr.count("weir: the pools leave everything to the driver from here on") == 1
// expect sum("the pools leave everything to the driver" in line for line in coverage("warnings")) == 1
// expect report["spaces"]["device"]["live_blocks"] == 0
// expect report["spaces"]["pinned"]["live_blocks"] == 0
#include "device.hpp"

int main() {
  constexpr int kContexts = 130, kBlocks = 8;
  const CUcontext context = start();
  CUstream stream = make_stream();
  CUdeviceptr freed[kBlocks], live = allocate(2 << 20);
  void* pinned[2];
  for (void*& block : pinned) OK(cuMemAllocHost(&block, 1 << 20));
  for (int i = 0; i != kBlocks; ++i) freed[i] = allocate(i % 2 == 0 ? 1 << 20 : 4096);
  for (const CUdeviceptr block : freed) OK(cuMemFree(block));
  OK(cuMemFreeHost(pinned[0]));
  MUST(blocks() >= 5 && simcuda_live_blocks(-1, SIMCUDA_PINNED) == 2);
  CUcontext made[kContexts];
  for (CUcontext& each : made) {
    OK(cuCtxCreate(&each, nullptr, 0, 0));
    OK(cuCtxPopCurrent(nullptr));
  }
  OK(cuCtxSetCurrent(context));
  // Not while a stream is captured.
  OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  const unsigned long long before = frees();
  OK(cuMemFree(allocate(100)));
  MUST(frees() <= before + 1);
  CUgraph graph;
  OK(cuStreamEndCapture(stream, &graph));
  OK(cuGraphDestroy(graph));
  OK(cuMemFree(live));
  MUST(blocks() == 0);
  OK(cuMemFreeHost(pinned[1]));
  MUST(simcuda_live_blocks(-1, SIMCUDA_PINNED) == 0);
  for (int i = 0; i != 3; ++i) {
    OK(cuMemFree(allocate(1 << 20)));
    OK(cuMemFree(allocate(4096)));
    MUST(blocks() == 0);
  }
  for (const CUcontext each : made) OK(cuCtxDestroy(each));
  return done();
}
