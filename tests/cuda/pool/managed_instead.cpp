// Device memory that is made managed: host and device use it, pointer queries and the books say what it is, and the driver has
// been asked for no more than the program has asked for. It is never pooled. Where it cannot be had, or a stream is captured,
// the request is served as ever; what the driver would refuse is refused.
//
// run with: WEIR_DEVICE_AS=managed
// run with: WEIR_DEVICE_AS=managed WEIR_DEVICE_POOL=off
// run with: WEIR_DEVICE_AS=managed:force WEIR_DEVICE_FREE=deferred
// bare: no
// expect live_in("managed", "main") == (0, 0)
// expect total_in("managed", "converted") == (100000, 2)
// expect total_in("managed", "rows") == (3000, 1)
// expect total_in("device", "as_ever")[1] == 3
#include "device.hpp"

namespace {

bool is_managed(CUdeviceptr block) {
  unsigned value = 7;
  OK(cuPointerGetAttribute(&value, CU_POINTER_ATTRIBUTE_IS_MANAGED, block));
  return value == 1;
}

__attribute__((noinline)) CUdeviceptr converted() {
  const CUdeviceptr block = allocate(50000);
  MUST(is_managed(block));
  return block;
}

__attribute__((noinline)) void rows() {
  CUdeviceptr block = 0;
  size_t pitch = 0;
  OK(cuMemAllocPitch(&block, &pitch, 300, 10, 4));
  MUST(is_managed(block) && pitch == 512);
  MUST(simcuda_live_bytes(0, SIMCUDA_MANAGED) == 512 * 10);
  reinterpret_cast<char*>(block)[512 * 10 - 1] = 1;
  OK(cuMemFree(block));
}

__attribute__((noinline)) void as_ever() {
  const CUdeviceptr block = allocate(50000);
  MUST(!is_managed(block));
  OK(cuMemFree(block));
}

}  // namespace

int main() {
  CUdeviceptr block = 0;
  size_t pitch = 0;
  MUST(cuMemAlloc(&block, 100) == CUDA_ERROR_NOT_INITIALIZED);
  OK(cuInit(0));
  MUST(cuMemAlloc(&block, 100) == CUDA_ERROR_INVALID_CONTEXT);
  start();
  MUST(cuMemAlloc(&block, 0) == CUDA_ERROR_INVALID_VALUE && cuMemAlloc(nullptr, 100) == CUDA_ERROR_INVALID_VALUE);
  MUST(cuMemAllocPitch(&block, &pitch, 100, 10, 3) == CUDA_ERROR_INVALID_VALUE);
  MUST(cuMemAllocPitch(&block, nullptr, 100, 10, 4) == CUDA_ERROR_INVALID_VALUE);
  MUST(simcuda_calls("cuMemAllocManaged") == 0);

  for (int i = 0; i != 2; ++i) {
    block = converted();
    MUST(simcuda_live_bytes(0, SIMCUDA_MANAGED) == 50000 && simcuda_live_blocks(0, SIMCUDA_DEVICE) == 0);
    OK(cuMemsetD8(block, 5, 50000));
    OK(cuCtxSynchronize());
    MUST(*reinterpret_cast<unsigned char*>(block + 49999) == 5);
    OK(cuMemFree(block));
    MUST(simcuda_live_blocks(0, SIMCUDA_MANAGED) == 0);
  }
  MUST(simcuda_calls("cuMemAllocManaged") == 2);
  rows();

  simcuda_fail("cuMemAllocManaged", 1, 1, CUDA_ERROR_OUT_OF_MEMORY, 0);
  as_ever();
  simcuda_fail("cuMemAllocManaged", 1, 1, CUDA_ERROR_NOT_SUPPORTED, 0);
  as_ever();
  const CUstream stream = make_stream();
  CUgraph graph;
  OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  const auto before = simcuda_calls("cuMemAllocManaged");
  as_ever();
  MUST(simcuda_calls("cuMemAllocManaged") == before);
  OK(cuStreamEndCapture(stream, &graph));
  return done();
}
