// What a communication library allocates is the driver's alone, and is freed by it.
//
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_POOL=slab
// expect report["spaces"]["device"]["live_blocks"] == 0
// expect total_in("device", "borrow") == (10 << 20, 10)
#include <dlfcn.h>

#include <filesystem>

#include "device.hpp"

int main() {
  start();
  const auto library = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "libnccl.so.2";
  void* const handle = dlopen(library.c_str(), RTLD_NOW);
  MUST(handle != nullptr);
  const auto borrow = reinterpret_cast<CUresult (*)(CUdeviceptr*, size_t)>(dlsym(handle, "borrow"));
  const CUdeviceptr own = allocate(1 << 20);
  OK(cuMemFree(own));
  OK(cuCtxSynchronize());
  const unsigned long long before = frees();
  for (int i = 0; i < 10; ++i) {
    CUdeviceptr block = 0;
    OK(borrow(&block, 1 << 20));
    MUST(block != own);
    OK(cuMemFree(block));
  }
  MUST(frees() == before + 10 && allocations() == 11);
  MUST(allocate(1 << 20) == own);
  OK(cuMemFree(own));
  return done();
}
