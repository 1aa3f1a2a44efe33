// Blocks of different flags never stand for each other; what the driver says of a block is said of the flags it was asked
// with.
//
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect live_in("pinned", "main") == (0, 0)
#include "pinned.hpp"

int main() {
  start();
  constexpr unsigned kAll[] = {0, CU_MEMHOSTALLOC_PORTABLE, CU_MEMHOSTALLOC_DEVICEMAP, CU_MEMHOSTALLOC_WRITECOMBINED,
                               CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_WRITECOMBINED, 7};
  for (int round = 0; round < 3; ++round) {
    for (const unsigned flags : kAll) {
      void* block = allocate(10000, flags);
      unsigned said = 99;
      CUdeviceptr there = 0;
      OK(cuMemHostGetFlags(&said, block));
      OK(cuMemHostGetDevicePointer(&there, block, 0));
      std::printf("%u: %u, the same address: %d\n", flags, said, there == at(block));
      OK(cuMemHostGetFlags(&said, static_cast<char*>(block) + 5000));
      MUST(said == flags);
      CUmemorytype type;
      OK(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, at(block)));
      MUST(type == CU_MEMORYTYPE_HOST);
      OK(cuMemFreeHost(block));
      void* plain = allocate_plain(10000);
      OK(cuMemHostGetFlags(&said, plain));
      std::printf("plain: %u\n", said);
      OK(cuMemFreeHost(plain));
    }
    OK(cuCtxSynchronize());
  }
  // What the driver refuses, it refuses.
  void* block = reinterpret_cast<void*>(0x123);
  std::printf("%d %d %d %d\n", cuMemHostAlloc(&block, 0, 0), cuMemHostAlloc(&block, 100, 0x80),
              cuMemHostAlloc(nullptr, 100, 0), cuMemAllocHost(&block, 0));
  MUST(block == reinterpret_cast<void*>(0x123));
  std::printf("%d\n", cuMemAllocHost(&block, size_t{1} << 60));
  MUST(block == reinterpret_cast<void*>(0x123));
  return done();
}
