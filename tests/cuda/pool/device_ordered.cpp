// A block of cuMemAlloc may be freed by cuMemFreeAsync: it is the driver's then. Refused, it is the pool's again.
//
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect report["spaces"]["device"]["live_blocks"] == 0
#include "device.hpp"

int main() {
  start();
  CUstream stream = make_stream();
  const CUdeviceptr block = allocate(1 << 20);
  OK(cuMemsetD8Async(block, 1, 1 << 20, stream));
  std::printf("ordered free: %d\n", cuMemFreeAsync(block, stream));
  OK(cuStreamSynchronize(stream));
  MUST(blocks() == 0);
  std::printf("again: %d\n", cuMemFree(block));

  const CUdeviceptr kept = allocate(1 << 20);
  CUgraph graph = nullptr;
  OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  std::printf("into a graph: %d\n", cuMemFreeAsync(kept, stream));
  const CUresult ended = cuStreamEndCapture(stream, &graph);
  std::printf("ended: %d\n", ended);
  if (graph != nullptr) OK(cuGraphDestroy(graph));
  MUST(blocks() == 1);
  std::printf("freed: %d\n", cuMemFree(kept));
  std::printf("again: %d\n", cuMemFree(kept));
  OK(cuStreamDestroy(stream));
  return done();
}
