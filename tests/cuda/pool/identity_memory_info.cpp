// What the pool keeps is free memory to the program: the driver's figures are those of a run without weir at every step, in the
// first API too, and never more than there is.
//
// env SIMCUDA_MEMORY=3G
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_POOL=off
// run with: WEIR_DEVICE_IDLE_MAX=0
#include "device.hpp"

#include <vector>

#undef cuMemGetInfo
extern "C" CUresult cuMemGetInfo(unsigned* free, unsigned* total);

namespace {

void tell(const char* when) {
  size_t free = 7, total = 7, free_alone = 7, total_alone = 7;
  unsigned free_v1 = 7, total_v1 = 7;
  OK(cuMemGetInfo_v2(&free, &total));
  OK(cuMemGetInfo_v2(&free_alone, nullptr));
  OK(cuMemGetInfo_v2(nullptr, &total_alone));
  OK(cuMemGetInfo_v2(nullptr, nullptr));
  OK(cuMemGetInfo(&free_v1, &total_v1));
  std::printf("%s: %zu of %zu, %zu, %zu, %u of %u\n", when, free, total, free_alone, total_alone, free_v1, total_v1);
  MUST(free <= total);
}

}  // namespace

int main() {
  size_t free = 7, total = 7;
  std::printf("%d\n", cuMemGetInfo_v2(&free, &total));
  const CUcontext context = start();
  tell("nothing");
  std::vector<CUdeviceptr> blocks;
  for (const size_t mib : {2, 4, 64, 512, 1024}) blocks.push_back(allocate(mib << 20));
  tell("allocated");
  for (const CUdeviceptr block : blocks) OK(cuMemFree(block));
  tell("freed");
  blocks = {allocate(size_t{512} << 20), allocate(size_t{700} << 20)};
  tell("again");
  OK(cuMemFree(blocks[0]));
  tell("half");
  OK(cuCtxPopCurrent(nullptr));
  std::printf("%d\n", cuMemGetInfo_v2(&free, &total));
  OK(cuCtxPushCurrent(context));
  OK(cuMemFree(blocks[1]));
  tell("end");
  // Not of the driver's granularity: what is freed frees whole chunks of the device.
  blocks.clear();
  for (int i = 0; i != 20; ++i)
    for (const size_t bytes : {size_t{3} << 20, size_t{5} << 20, (size_t{1} << 20) + 512})
      blocks.push_back(allocate(bytes));
  tell("odd sizes");
  for (const CUdeviceptr block : blocks) OK(cuMemFree(block));
  tell("odd sizes freed");
  return done();
}
