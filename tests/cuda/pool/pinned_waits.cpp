// Strict: a free returns when the work of all contexts is done that was submitted before, as the driver's; and it says what
// that work has come to.
//
// env SIMCUDA_DEVICES=3
// expect live_in("pinned", "main") == (0, 0)
#include <unistd.h>

#include <thread>

#include "pinned.hpp"

int main() {
  const CUcontext primary = start(0);
  const CUcontext second = make_context(0), other = make_context(1);
  // This one allocates nothing, ever.
  const CUcontext worker = make_context(2);
  for (const CUcontext busy : {primary, second, other, worker}) {
    OK(cuCtxSetCurrent(primary));
    void* block = allocate(1 << 20);
    OK(cuCtxSetCurrent(busy));
    CUstream stream = make_stream();
    simcuda_hold(stream);
    OK(cuMemsetD8Async(at(block), 1, 1 << 20, stream));
    MUST(simcuda_pending_refs(at(block), 1 << 20) == 1);
    std::thread releases{[&] {
      usleep(30000);
      simcuda_release(stream);
    }};
    OK(cuCtxSetCurrent(busy == other ? primary : other));
    OK(cuMemFreeHost(block));
    MUST(simcuda_pending_refs(at(block), 1 << 20) == 0);
    releases.join();
    OK(cuCtxSetCurrent(busy));
    OK(cuStreamDestroy(stream));
    CUcontext current;
    OK(cuCtxGetCurrent(&current));
    MUST(current == busy);
  }
  std::printf("waited\n");
  return done();
}
