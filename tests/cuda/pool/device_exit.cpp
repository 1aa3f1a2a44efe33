// Blocks that live to the end, and such as static objects free when the driver is gone already.
//
// run with:
// run with: WEIR_DEVICE_POOL=slab
// expect report["spaces"]["device"]["live_blocks"] in (2, 3, 4)
#include "device.hpp"

struct Owner {
  CUdeviceptr block = 0;
  ~Owner() {
    if (block != 0) std::printf("freed: %d\n", cuMemFree(block));
    CUdeviceptr late = 0;
    std::printf("allocated: %d\n", cuMemAlloc(&late, 4096));
  }
};
static Owner early;

int main() {
  start();
  static Owner late;
  early.block = allocate(1 << 20);
  late.block = allocate(1 << 20);
  const CUdeviceptr idle = allocate(4096);
  allocate(5000);
  allocate(5000);
  OK(cuMemFree(idle));
  return done();
}
