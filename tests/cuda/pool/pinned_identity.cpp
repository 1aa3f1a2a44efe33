// What a program asks of a pinned address is answered as without the pool: a block has the size that was asked for, a freed
// one is not known. A block with a setting that would stay is really freed.
//
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect live_in("pinned", "main") == (0, 0)
#include "pinned.hpp"

int main() {
  start();
  for (const size_t size : {size_t{5000}, size_t{100001}, size_t{3000000}}) {
    for (int round = 0; round < 2; ++round) {
      void* block = allocate(size);
      size_t bytes = 0, range = 0;
      CUdeviceptr begin = 0, range_begin = 0;
      OK(cuMemGetAddressRange(&begin, &bytes, at(block) + 300));
      OK(cuPointerGetAttribute(&range, CU_POINTER_ATTRIBUTE_RANGE_SIZE, at(block)));
      OK(cuPointerGetAttribute(&range_begin, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, at(block) + 300));
      MUST(begin == at(block) && range_begin == begin && bytes == size && range == size);
      void* host = nullptr;
      OK(cuPointerGetAttribute(&host, CU_POINTER_ATTRIBUTE_HOST_POINTER, at(block) + 300));
      MUST(host == static_cast<char*>(block) + 300);
      OK(cuMemFreeHost(block));
      CUmemorytype type;
      std::printf("freed: %d %d %d\n", cuMemGetAddressRange(&begin, &bytes, at(block)),
                  cuPointerGetAttribute(&range, CU_POINTER_ATTRIBUTE_RANGE_SIZE, at(block)),
                  cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, at(block)));
      OK(cuCtxSynchronize());
    }
  }
  // Copies with this block are synchronous from now on; the next one's are not.
  void* block = allocate(5000);
  const unsigned yes = 1;
  OK(cuPointerSetAttribute(&yes, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, at(block)));
  const unsigned long long freed = frees();
  OK(cuMemFreeHost(block));
  MUST(frees() == freed + 1);
  return done();
}
