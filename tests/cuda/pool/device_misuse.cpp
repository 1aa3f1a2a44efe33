// Freeing what is not a block, or not any more, is answered as by the driver, and reported.
//
// run with:
// run with: WEIR_DEVICE_POOL=slab
// expect sorted(error["kind"] for error in report["errors"]) == ["double_free", "double_free", "invalid_free", "invalid_free"]
// expect report["spaces"]["device"]["live_blocks"] == 0
#include "device.hpp"

int main() {
  start();
  const CUdeviceptr block = allocate(1 << 20);
  std::printf("inside: %d\n", cuMemFree(block + 512));
  std::printf("first: %d\n", cuMemFree(block));
  std::printf("second: %d\n", cuMemFree(block));
  std::printf("ordered: %d\n", cuMemFreeAsync(block, nullptr));
  std::printf("nothing: %d\n", cuMemFree(0x1000));
  // It did no harm.
  const CUdeviceptr next = allocate(1 << 20), another = allocate(1 << 20);
  MUST(next != another);
  std::printf("%d %d\n", cuMemFree(next), cuMemFree(another));
  // What is not the pool's is the driver's.
  CUdeviceptr rows, managed;
  size_t pitch;
  OK(cuMemAllocPitch(&rows, &pitch, 100, 100, 4));
  OK(cuMemAllocManaged(&managed, 4096, CU_MEM_ATTACH_GLOBAL));
  std::printf("%d %d\n", cuMemFree(rows), cuMemFree(managed));
  return done();
}
