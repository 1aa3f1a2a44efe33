// Wrong frees are answered as the driver answers them, and told.
//
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// expect live_in("pinned", "main") == (0, 0)
// expect live_in("device", "main") == (0, 0)
// expect len(errors("double_free")) >= 1
// expect len(errors("invalid_free")) >= 1
#include "pinned.hpp"

int main() {
  start();
  char* block = static_cast<char*>(allocate(10000));
  // Addresses within it, of other kinds of memory, and of nothing.
  int local = 0;
  CUdeviceptr device;
  OK(cuMemAlloc(&device, 10000));
  MUST(cuMemFreeHost(block + 4096) == CUDA_ERROR_INVALID_VALUE);
  MUST(cuMemFreeHost(&local) == CUDA_ERROR_INVALID_VALUE);
  MUST(cuMemFreeHost(reinterpret_cast<void*>(device)) == CUDA_ERROR_INVALID_VALUE);
  MUST(cuMemFree(at(block)) == CUDA_ERROR_INVALID_VALUE);
  MUST(cuMemHostUnregister(block) == CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
  MUST(cuMemHostRegister(block, 4096, 0) == CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
  std::memset(block, 1, 10000);
  OK(cuMemFree(device));

  OK(cuMemFreeHost(block));
  MUST(cuMemFreeHost(block) == CUDA_ERROR_INVALID_VALUE);
  OK(cuCtxSynchronize());
  MUST(cuMemFreeHost(block) == CUDA_ERROR_INVALID_VALUE);
  // It is as good as it was.
  void* again = allocate(10000);
  MUST(again == block);
  std::memset(again, 2, 10000);
  OK(cuMemFreeHost(again));

  // Registered memory is the program's own: nothing of it is kept.
  void* own = std::aligned_alloc(4096, 8192);
  for (int round = 0; round < 3; ++round) {
    OK(cuMemHostRegister(own, 8192, 0));
    MUST(cuMemFreeHost(own) == CUDA_ERROR_INVALID_VALUE);
    OK(cuMemHostUnregister(own));
  }
  std::free(own);
  return done();
}
