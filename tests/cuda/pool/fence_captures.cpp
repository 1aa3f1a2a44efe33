// Threads allocate and free, and say that they mind no captures, as they may; beside them streams are captured in all modes.
// No capture is spoilt, and no block is handed out too early.
//
// bare: no
// run with: WEIR_DEVICE_FREE=strict
// run with: WEIR_DEVICE_FREE=deferred
// expect report["spaces"]["device"]["live_blocks"] == 1
// expect report["errors"] == []
#include <atomic>
#include <thread>

#include "device.hpp"

int main() {
  const CUcontext context = start();
  std::atomic<bool> is_over{false};
  std::atomic<unsigned long long> blocks_taken{0};
  const auto churn = [&](int seed) {
    CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
    OK(cuCtxSetCurrent(context));
    OK(cuThreadExchangeStreamCaptureMode(&mode));
    const CUstream stream = make_stream();
    for (int i = seed; !is_over; ++i) {
      const size_t bytes = size_t{4096} << i % 4;
      const CUdeviceptr block = allocate(bytes);
      MUST(simcuda_pending_refs(block, bytes) == 0);
      OK(cuMemsetD8Async(block, 1, bytes, stream));
      OK(cuMemFree(block));
      ++blocks_taken;
    }
  };
  std::thread threads[] = {std::thread{churn, 0}, std::thread{churn, 2}};
  const CUdeviceptr captured = allocate(1 << 20);
  const CUstream stream = make_stream();
  for (int i = 0; i < 600 || blocks_taken < 400; ++i) {
    CUgraph graph = nullptr;
    OK(cuStreamBeginCapture(stream, static_cast<CUstreamCaptureMode>(i % 3)));
    OK(cuMemsetD8Async(captured, 1, 1 << 20, stream));
    OK(cuStreamEndCapture(stream, &graph));
    MUST(graph != nullptr);
    OK(cuGraphDestroy(graph));
    if (i % 4 == 0) std::this_thread::yield();
  }
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  return done();
}
