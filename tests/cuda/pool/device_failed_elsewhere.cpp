// Another context is broken for good: whether its work is over nobody can tell. This one goes on with the driver's own
// functions, and what was kept is given back.
//
// env SIMCUDA_DEVICES=2
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
#include "device.hpp"

int main() {
  const CUcontext own = start(0), other = start(1);
  simcuda_break_context(CUDA_ERROR_ILLEGAL_ADDRESS);
  OK(cuCtxSetCurrent(own));
  CUdeviceptr held[100];
  for (CUdeviceptr& block : held) block = allocate(1 << 20);
  for (const CUdeviceptr block : held) OK(cuMemFree(block));
  for (int i = 0; i != 3; ++i) OK(cuMemFree(allocate(1 << 20)));  // looks at the fence
  MUST(blocks(0) == 0);
  MUST(cuCtxSetCurrent(other) == CUDA_SUCCESS && cuCtxSynchronize() == CUDA_ERROR_ILLEGAL_ADDRESS);
  OK(cuCtxSetCurrent(own));
  return done();
}
