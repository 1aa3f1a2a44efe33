// A program that takes functions of the driver from the runtime and uses them beside it.
//
//   lose_by_driver   3 blocks of 8000 bytes of device memory, allocated with the driver's function
//
// prints: cuMemAlloc found: yes
// prints: by version found: yes
// prints: unknown name: status 1
// prints: the runtime frees what the driver gave: cudaSuccess
// prints: same memory for both: yes
#include "support.cuh"

#include <cudaTypedefs.h>

static PFN_cuMemAlloc_v3020 allocate;

[[gnu::noinline]] static void lose_by_driver() {
  for (int i = 0; i < 3; ++i) {
    CUdeviceptr memory = 0;
    if (allocate(&memory, 8000) != CUDA_SUCCESS) std::exit(1);
  }
}

int main() {
  MUST(cudaFree(nullptr));
  cudaDriverEntryPointQueryResult status{};
  void* found = nullptr;
  MUST(cudaGetDriverEntryPointByVersion("cuMemAlloc", &found, 12000, cudaEnableDefault, &status));
  hold("cuMemAlloc found", found != nullptr && status == cudaDriverEntryPointSuccess);
  allocate = reinterpret_cast<PFN_cuMemAlloc_v3020>(found);
  void* again = nullptr;
  MUST(cudaGetDriverEntryPointByVersion("cuMemAlloc", &again, 3020, cudaEnableDefault, &status));
  hold("by version found", again != nullptr);
  void* unknown = nullptr;
  cudaGetDriverEntryPointByVersion("cuNoSuchFunction", &unknown, 12000, cudaEnableDefault, &status);
  cudaGetLastError();
  std::printf("unknown name: status %d\n", int(status));
  CUdeviceptr memory = 0;
  if (allocate(&memory, 5000) != CUDA_SUCCESS) return 1;
  const int in = 42;
  int out = 0;
  MUST(cudaMemcpy(reinterpret_cast<void*>(memory), &in, sizeof in, cudaMemcpyHostToDevice));
  MUST(cudaMemcpy(&out, reinterpret_cast<void*>(memory), sizeof out, cudaMemcpyDeviceToHost));
  show("the runtime frees what the driver gave", cudaFree(reinterpret_cast<void*>(memory)));
  hold("same memory for both", out == 42);
  lose_by_driver();
}
