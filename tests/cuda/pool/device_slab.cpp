// Small blocks are carved from larger ones, and are like any others to the program.
//
// bare: no
// WEIR_DEVICE_POOL=slab
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_IDLE_MAX=0
// run with: WEIR_DEVICE_FREE=deferred WEIR_DEVICE_IDLE_MAX=64K
// expect report["spaces"]["device"]["live_blocks"] == 0
// expect sum(error["times"] for error in report["errors"] if error["kind"] == "double_free") == 2
#include <algorithm>
#include <vector>

#include "device.hpp"

struct Piece {
  CUdeviceptr base;
  size_t bytes;
};

int main() {
  CUcontext context = start();
  CUstream stream = make_stream();
  for (int life = 0; life < 2; ++life) {
    std::vector<Piece> pieces;
    const unsigned long long before = allocations();
    for (int i = 0; i < 1000; ++i) {
      const size_t bytes = i % 7 == 0 ? 64 << 10 : i % 3 == 0 ? 5000 : 100;
      pieces.push_back({allocate(bytes), bytes});
      MUST(pieces.back().base % (bytes >= (64 << 10) ? 4096 : 512) == 0);
      OK(cuMemsetD8Async(pieces.back().base, i, bytes, stream));
    }
    MUST(allocations() - before < 20);
    std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) { return a.base < b.base; });
    for (size_t i = 1; i < pieces.size(); ++i) MUST(pieces[i - 1].base + pieces[i - 1].bytes <= pieces[i].base);
    OK(cuStreamSynchronize(stream));
    // Every other one goes; the rest is unharmed, also by a second free, of whatever is where a slab begins.
    for (size_t i = 0; i < pieces.size(); i += 2) OK(cuMemFree(pieces[i].base));
    MUST(cuMemFree(pieces[0].base) == CUDA_ERROR_INVALID_VALUE);
    for (size_t i = 1; i < pieces.size(); i += 2) OK(cuMemsetD8Async(pieces[i].base, 7, pieces[i].bytes, stream));
    // By the ordered free: not the driver's to see.
    const unsigned long long ordered = simcuda_calls("cuMemFreeAsync");
    CUgraph graph;
    OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
    MUST(cuMemFreeAsync(pieces[1].base, stream) == CUDA_ERROR_INVALID_VALUE);
    OK(cuStreamEndCapture(stream, &graph));
    OK(cuGraphDestroy(graph));
    OK(cuMemFreeAsync(pieces[1].base, stream));
    MUST(simcuda_calls("cuMemFreeAsync") == ordered);
    for (size_t i = 3; i < pieces.size(); i += 2) OK(cuMemFree(pieces[i].base));
    OK(cuCtxSynchronize());
    if (life == 0) {  // the slabs go with their context
      OK(cuStreamDestroy(stream));
      OK(cuDevicePrimaryCtxReset(0));
      MUST(blocks() == 0);
      OK(cuDevicePrimaryCtxRetain(&context, 0));
      OK(cuCtxSetCurrent(context));
      stream = make_stream();
    }
  }
  OK(cuStreamDestroy(stream));
  return done();
}
