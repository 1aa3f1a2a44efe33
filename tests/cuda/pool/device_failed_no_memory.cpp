// Beside a context that has failed a request for more than there is goes to the driver a second time. It is one request.
//
// env SIMCUDA_DEVICES=2
// env SIMCUDA_MEMORY=512M
// bare: no
// expect [it["pool"]["rescued"]["nothing"] for it in report["fragmentation"]["device"] if it["device"] == 0] == [1]
// expect [it["times"] for it in report["out_of_memory"]] == [1]
#include "device.hpp"

int main() {
  const CUcontext own = start(0), other = start(1);
  const CUdeviceptr lost = allocate(1 << 20);
  simcuda_break_context(CUDA_ERROR_ILLEGAL_ADDRESS);
  MUST(cuMemFree(lost) == CUDA_ERROR_ILLEGAL_ADDRESS);
  OK(cuCtxSetCurrent(own));
  const CUdeviceptr live = allocate(1 << 20);
  CUdeviceptr block = 5;
  MUST(cuMemAlloc(&block, 1 << 30) == CUDA_ERROR_OUT_OF_MEMORY && block == 5);
  OK(cuMemFree(live));
  MUST(cuCtxSetCurrent(other) == CUDA_SUCCESS && cuCtxSynchronize() == CUDA_ERROR_ILLEGAL_ADDRESS);
  OK(cuCtxSetCurrent(own));
  return done();
}
