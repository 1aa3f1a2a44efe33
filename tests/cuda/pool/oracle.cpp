// The oracle sees what a cache without proof would do: a block whose work is held still has pending references.
// run with: WEIR_DEVICE_FREE=strict
// run with: WEIR_DEVICE_FREE=deferred SIMCUDA_DEVICES=2
//
// expect total_in("device", "main")[1] == 1
#include "simcuda.h"

#include <cstdio>

int main() {
  CUcontext context;
  CUdeviceptr block;
  CUstream stream;
  bool good = cuInit(0) == CUDA_SUCCESS && cuDevicePrimaryCtxRetain(&context, 0) == CUDA_SUCCESS &&
              cuCtxSetCurrent(context) == CUDA_SUCCESS && cuMemAlloc(&block, 5000) == CUDA_SUCCESS &&
              cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING) == CUDA_SUCCESS;
  if (!good) return 2;
  simcuda_hold(stream);
  good = cuMemsetD8Async(block, 1, 5000, stream) == CUDA_SUCCESS && simcuda_pending_refs(block, 5000) == 1;
  simcuda_release(stream);
  good = good && cuStreamSynchronize(stream) == CUDA_SUCCESS && simcuda_pending_refs(block, 5000) == 0 &&
         cuMemFree(block) == CUDA_SUCCESS && simcuda_violations() == 0;
  std::puts(good ? "seen" : "not seen");
  return good ? 0 : 1;
}
