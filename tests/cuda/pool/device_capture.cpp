// While a stream is captured, allocating and freeing go to the driver: what it forbids stays forbidden, what it allows works,
// and no capture is spoiled by the pool.
//
// run with:
// run with: WEIR_DEVICE_POOL=slab
// expect report["spaces"]["device"]["live_blocks"] == 0
// expect report["errors"] == []
#include "device.hpp"

static void captured(CUstream stream, CUstreamCaptureMode mode, const char* name) {
  CUdeviceptr block = allocate(3 << 20), other = 0;
  CUgraph graph = nullptr;
  OK(cuStreamBeginCapture(stream, mode));
  OK(cuMemsetD8Async(block, 1, 1 << 20, stream));
  const CUresult made = cuMemAlloc(&other, 7 << 20);  // of a class that nothing idle has
  const CUresult ended = cuStreamEndCapture(stream, &graph);
  std::printf("%s: allocated %d, ended %d, a graph %d\n", name, made, ended, graph != nullptr);
  if (graph != nullptr) OK(cuGraphDestroy(graph));
  if (made == CUDA_SUCCESS) OK(cuMemFree(other));

  graph = nullptr;
  OK(cuStreamBeginCapture(stream, mode));
  OK(cuMemsetD8Async(block, 1, 1 << 20, stream));
  const CUresult freed = cuMemFree(block);
  const CUresult ended_too = cuStreamEndCapture(stream, &graph);
  std::printf("%s: freed %d, ended %d, a graph %d\n", name, freed, ended_too, graph != nullptr);
  if (graph != nullptr) OK(cuGraphDestroy(graph));
  if (freed != CUDA_SUCCESS) std::printf("and then: %d\n", cuMemFree(block));
}

int main() {
  start();
  CUstream stream = make_stream();
  captured(stream, CU_STREAM_CAPTURE_MODE_GLOBAL, "global");
  captured(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, "of the thread");
  captured(stream, CU_STREAM_CAPTURE_MODE_RELAXED, "relaxed");
  OK(cuStreamDestroy(stream));
  return done();
}
