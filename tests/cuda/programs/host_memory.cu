// Pinned host memory, allocated and registered, as the device sees it.
//
//   lose_registered   16 KiB of ordinary memory, registered and never unregistered
//
// prints: flags: 3
// prints: the device reaches it: yes
// prints: type host: yes
// prints: filled by the device: yes
// prints: registered: cudaSuccess
// prints: registered twice: cudaErrorHostMemoryAlreadyRegistered
// prints: unregistered: cudaSuccess
// prints: ordinary memory: type 0
// prints: managed: type 3
#include "support.cuh"

#include <cstring>

alignas(4096) static char block[16384], lost[16384];

[[gnu::noinline]] static void lose_registered() { MUST(cudaHostRegister(lost, sizeof lost, cudaHostRegisterDefault)); }

int main() {
  char* pinned;
  MUST(cudaHostAlloc(&pinned, 100000, cudaHostAllocMapped | cudaHostAllocPortable));
  unsigned flags = 0;
  MUST(cudaHostGetFlags(&flags, pinned));
  std::printf("flags: %u\n", flags & (cudaHostAllocMapped | cudaHostAllocPortable));
  void* there = nullptr;
  MUST(cudaHostGetDevicePointer(&there, pinned, 0));
  hold("the device reaches it", there != nullptr);
  cudaPointerAttributes attributes{};
  MUST(cudaPointerGetAttributes(&attributes, pinned));
  hold("type host", attributes.type == cudaMemoryTypeHost && attributes.hostPointer == pinned);
  MUST(cudaMemset(there, 0x5a, 100000));
  MUST(cudaDeviceSynchronize());
  hold("filled by the device", pinned[0] == 0x5a && pinned[99999] == 0x5a);
  MUST(cudaFreeHost(pinned));

  show("registered", cudaHostRegister(block, sizeof block, cudaHostRegisterMapped));
  show("registered twice", cudaHostRegister(block, sizeof block, cudaHostRegisterMapped));
  cudaGetLastError();
  show("unregistered", cudaHostUnregister(block));
  lose_registered();

  MUST(cudaPointerGetAttributes(&attributes, &flags));
  std::printf("ordinary memory: type %d\n", int(attributes.type));
  int* managed;
  MUST(cudaMallocManaged(&managed, 4096));
  MUST(cudaPointerGetAttributes(&attributes, managed));
  std::printf("managed: type %d\n", int(attributes.type));
  MUST(cudaFree(managed));
}
