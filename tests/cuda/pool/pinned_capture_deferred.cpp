// Deferred frees only queue while a stream is captured: the capture goes on, and the driver is asked nothing.
//
// WEIR_DEVICE_FREE=deferred
// bare: no
// expect live_in("pinned", "main") == (0, 0)
// expect not report["errors"]
#include "pinned.hpp"

static unsigned long long questions() {
  unsigned long long sum = 0;
  for (const char* name : {"cuCtxRecordEvent", "cuEventRecord", "cuEventQuery", "cuEventCreate", "cuEventSynchronize",
                           "cuCtxSynchronize", "cuMemFreeHost", "cuMemHostAlloc", "cuThreadExchangeStreamCaptureMode"})
    sum += simcuda_calls(name);
  return sum;
}

int main() {
  start();
  CUstream stream = make_stream();
  void* idle = allocate(1 << 20);
  leave_idle(idle);
  for (const CUstreamCaptureMode mode :
       {CU_STREAM_CAPTURE_MODE_GLOBAL, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, CU_STREAM_CAPTURE_MODE_RELAXED}) {
    void* many[100];
    for (void*& it : many) it = allocate(2 << 20);
    CUgraph graph = nullptr;
    OK(cuStreamBeginCapture(stream, mode));
    OK(cuMemsetD8Async(at(many[0]), 1, 1 << 20, stream));
    const unsigned long long asked = questions();
    for (void* it : many) OK(cuMemFreeHost(it));
    void* block = allocate(1 << 20);
    MUST(block == idle);
    OK(cuMemFreeHost(block));
    MUST(questions() == asked);
    OK(cuStreamEndCapture(stream, &graph));
    MUST(graph != nullptr);
    OK(cuGraphDestroy(graph));
    OK(cuCtxSynchronize());
    // Afterwards they serve again.
    const unsigned long long before = allocations();
    for (void*& it : many) it = allocate(2 << 20);
    MUST(allocations() == before);
    for (void* it : many) OK(cuMemFreeHost(it));
    OK(cuCtxSynchronize());
    idle = allocate(1 << 20);
    leave_idle(idle);
  }
  OK(cuStreamDestroy(stream));
  return done();
}
