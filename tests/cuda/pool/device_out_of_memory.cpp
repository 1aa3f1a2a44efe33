// When nothing helps, the record says what the pool had before it gave everything back.
//
// env SIMCUDA_MEMORY=512M
// bare: no
// run with:
// run with: WEIR_DEVICE_POOL=slab
// run with: WEIR_DEVICE_POOL=pow2
// expect [(it["asked_bytes"], it["result"], it["times"]) for it in report["out_of_memory"]] == [(1 << 30, 2, 2)]
// expect [(it["pool_live_bytes"], it["pool_idle_bytes"], it["largest_idle_bytes"]) for it in report["out_of_memory"]] == [(128 << 20, 96 << 20, 64 << 20)]
// expect report["out_of_memory"][0]["driver_free_bytes"] == 224 << 20
// expect len([line for line in stderr_lines if "out of memory" in line.lower()]) <= 1
#include "device.hpp"

int main() {
  start();
  const CUdeviceptr live = allocate(128 << 20), idle = allocate(64 << 20), more = allocate(32 << 20);
  OK(cuMemFree(idle));
  OK(cuMemFree(more));
  MUST(blocks() == 3);
  CUdeviceptr block = 5;
  volatile int times = 2;
  while (times-- > 0) MUST(cuMemAlloc(&block, 1 << 30) == CUDA_ERROR_OUT_OF_MEMORY && block == 5);
  MUST(blocks() == 1);
  OK(cuMemFree(live));
  return done();
}
