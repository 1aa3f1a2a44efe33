// Resets the device while memory of every kind is live; afterwards it is all gone and the device works again.
//
//   lose_to_reset    1 MiB device, 100000 bytes pinned, 100000 bytes managed: ended by the reset, not leaked
//   lose_after       2 blocks of 4096 bytes of device memory, allocated after the reset and never freed
//
// prints: reset: cudaSuccess
// prints: old memory is unknown afterwards: yes
// prints: a new block after the reset: yes
// prints: kernel ran after the reset: 5
//
// expect live_in("device", "lose_after") == (8192, 2)
// expect live_in("device", "lose_to_reset") == (0, 0)
// expect report["leaks"]["released"]["bytes"] == 1248576
// expect {site["released_by"] for site in report["leaks"]["released"]["sites"]} == {"device_reset"}
#include "support.cuh"

__global__ void put(int* value, int what) { *value = what; }

static void put_model(const simcuda_launch* launch, void*) {
  int* value = reach(parameter<int*>(launch, 0), 1);
  if (value != nullptr) *value = parameter<int>(launch, 1);
}

[[gnu::noinline]] static void* lose_to_reset() {
  void *device, *pinned, *managed;
  MUST(cudaMalloc(&device, 1 << 20));
  MUST(cudaHostAlloc(&pinned, 100000, cudaHostAllocDefault));
  MUST(cudaMallocManaged(&managed, 100000));
  return device;
}

[[gnu::noinline]] static int* lose_after() {
  int *first, *second;
  MUST(cudaMalloc(&first, 4096));
  MUST(cudaMalloc(&second, 4096));
  return second;
}

int main() {
  model("put", put_model);
  void* before = lose_to_reset();
  show("reset", cudaDeviceReset());
  cudaPointerAttributes attributes{};
  const cudaError_t error = cudaPointerGetAttributes(&attributes, before);
  hold("old memory is unknown afterwards", error != cudaSuccess || attributes.type == cudaMemoryTypeUnregistered);
  cudaGetLastError();
  model("put", put_model);
  int* value = lose_after();
  hold("a new block after the reset", value != nullptr);
  put<<<1, 1>>>(value, 5);
  MUST(cudaDeviceSynchronize());
  int found = 0;
  MUST(cudaMemcpy(&found, value, sizeof found, cudaMemcpyDeviceToHost));
  std::printf("kernel ran after the reset: %d\n", found);
}
