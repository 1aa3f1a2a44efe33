// Deferred: frees during a capture queue, idle blocks serve, and the capture knows of nothing.
//
// bare: no
// WEIR_DEVICE_FREE=deferred
// expect report["spaces"]["device"]["live_blocks"] == 0
// expect report["errors"] == []
#include "device.hpp"

int main() {
  start();
  CUstream stream = make_stream();
  for (const CUstreamCaptureMode mode : {CU_STREAM_CAPTURE_MODE_GLOBAL, CU_STREAM_CAPTURE_MODE_RELAXED}) {
    const CUdeviceptr idle = allocate(1 << 20), block = allocate(3 << 20);
    OK(cuMemFree(idle));
    OK(cuCtxSynchronize());
    CUgraph graph = nullptr;
    OK(cuStreamBeginCapture(stream, mode));
    OK(cuMemsetD8Async(block, 1, 4096, stream));
    const unsigned long long calls[] = {simcuda_calls("cuEventQuery"), simcuda_calls("cuEventRecord"),
                                        simcuda_calls("cuCtxRecordEvent"), simcuda_calls("cuCtxSynchronize"), frees()};
    MUST(allocate(1 << 20) == idle);
    OK(cuMemFree(idle));
    OK(cuMemFree(block));
    MUST(calls[0] == simcuda_calls("cuEventQuery") && calls[1] == simcuda_calls("cuEventRecord") &&
         calls[2] == simcuda_calls("cuCtxRecordEvent") && calls[3] == simcuda_calls("cuCtxSynchronize") &&
         calls[4] == frees());
    OK(cuStreamEndCapture(stream, &graph));
    MUST(graph != nullptr);
    OK(cuGraphDestroy(graph));
    OK(cuCtxSynchronize());
    MUST(allocate(3 << 20) == block);
    OK(cuMemFree(block));
  }
  OK(cuStreamDestroy(stream));
  return done();
}
