// A program that makes and destroys more contexts than weir keeps at a time is served in each of them.
//
// bare: no
// run with: WEIR_DEVICE_FREE=strict
// run with: WEIR_DEVICE_FREE=deferred
// expect report["spaces"]["device"]["live_blocks"] == 0
// expect report["errors"] == []
#include "device.hpp"

int main() {
  constexpr int kContexts = 600, kBlocks = 4;
  OK(cuInit(0));
  for (int i = 0; i != kContexts; ++i) {
    CUcontext context = nullptr;
    OK(cuCtxCreate(&context, nullptr, 0, 0));
    for (int n = 0; n != kBlocks; ++n) {
      OK(cuMemFree(allocate(1 << 16)));
      OK(cuCtxSynchronize());
    }
    OK(cuCtxDestroy(context));
  }
  MUST(allocations() == kContexts);
  return done();
}
