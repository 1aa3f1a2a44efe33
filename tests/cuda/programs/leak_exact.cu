// Loses known amounts of each kind of memory, each in a function of its own, and ends without freeing them:
//
//   lose_device      3 blocks of 1 MiB              3145728 bytes of device memory      (cudaMalloc)
//   lose_small       5 blocks of 1000 bytes            5000 bytes of device memory      (cudaMalloc)
//   lose_rows        100 rows of 60 bytes              6000 bytes asked for, pitch * 100 taken (cudaMallocPitch)
//   lose_pinned      2 blocks of 65536 bytes         131072 bytes of pinned host memory (cudaMallocHost, cudaHostAlloc)
//   lose_managed     1 block of 300000 bytes         300000 bytes of managed memory     (cudaMallocManaged)
//   lose_ordered     4 blocks of 40000 bytes         160000 bytes in stream order       (cudaMallocAsync)
//   lose_host        1 block of 777 bytes               777 bytes of ordinary memory    (malloc)
//
// keep_nothing allocates one block of each kind and frees it: 0 bytes lost.
//
// prints: lost 3145728 device, 5000 small, 131072 pinned, 300000 managed, 160000 ordered
// prints: rows wide enough: yes
// prints: live addresses distinct: yes
//
// expect live_in("device", "lose_device") == (3145728, 3)
// expect live_in("device", "lose_small") == (5000, 5)
// expect live_in("device", "lose_rows") == (6000, 1)
// expect live_in("device", "lose_ordered") == (160000, 4)
// expect live_in("pinned", "lose_pinned") == (131072, 2)
// expect live_in("managed", "lose_managed") == (300000, 1)
// expect live("lose_host") == (777, 1)
// expect live_in("device", "keep_nothing") == (0, 0)
// expect live_in("pinned", "keep_nothing") == (0, 0)
// expect live_in("managed", "keep_nothing") == (0, 0)
// expect mode == "sampled" or verdict("lost", "lose_device") == (3145728, 3)
// expect mode == "sampled" or verdict("lost", "lose_rows") == (6000, 1)
// expect mode == "sampled" or verdict("lost", "lose_pinned") == (131072, 2)
// expect mode == "sampled" or verdict("lost", "lose_managed") == (300000, 1)
// expect mode == "sampled" or verdict("lost", "lose_ordered") == (160000, 4)
// expect mode != "sampled" or verdict_in("device", "unknown", "lose_device") == (3145728, 3)
// expect report["spaces"]["device"]["live_bytes"] == 3316728
// expect report["spaces"]["pinned"]["live_bytes"] == 131072
// expect report["spaces"]["managed"]["live_bytes"] == 300000
// expect report["coverage"]["unhooked_symbols"] == []
#include "support.cuh"

#include <set>

static std::set<void*> lost;

template <typename T>
static void lose(T* memory) { lost.insert(memory); }

[[gnu::noinline]] static size_t lose_device() {
  for (int i = 0; i < 3; ++i) {
    void* memory;
    MUST(cudaMalloc(&memory, 1 << 20));
    lose(memory);
  }
  return 3 << 20;
}

[[gnu::noinline]] static size_t lose_small() {
  for (int i = 0; i < 5; ++i) {
    void* memory;
    MUST(cudaMalloc(&memory, 1000));
    lose(memory);
  }
  return 5 * 1000;
}

[[gnu::noinline]] static size_t lose_rows() {
  void* memory;
  size_t pitch;
  MUST(cudaMallocPitch(&memory, &pitch, 60, 100));
  lose(memory);
  return pitch;
}

[[gnu::noinline]] static size_t lose_pinned() {
  void *first, *second;
  MUST(cudaMallocHost(&first, 65536));
  MUST(cudaHostAlloc(&second, 65536, cudaHostAllocPortable | cudaHostAllocMapped));
  lose(first), lose(second);
  return 2 * 65536;
}

[[gnu::noinline]] static size_t lose_managed() {
  void* memory;
  MUST(cudaMallocManaged(&memory, 300000));
  lose(memory);
  return 300000;
}

[[gnu::noinline]] static size_t lose_ordered() {
  for (int i = 0; i < 4; ++i) {
    void* memory;
    MUST(cudaMallocAsync(&memory, 40000, 0));
    lose(memory);
  }
  MUST(cudaStreamSynchronize(0));
  return 4 * 40000;
}

[[gnu::noinline]] static void lose_host() { lose(std::malloc(777)); }

[[gnu::noinline]] static void keep_nothing() {
  void *device, *pinned, *managed, *ordered;
  MUST(cudaMalloc(&device, 12345));
  MUST(cudaMallocHost(&pinned, 12345));
  MUST(cudaMallocManaged(&managed, 12345));
  MUST(cudaMallocAsync(&ordered, 12345, 0));
  MUST(cudaFreeAsync(ordered, 0));
  MUST(cudaFree(managed));
  MUST(cudaFreeHost(pinned));
  MUST(cudaFree(device));
}

int main() {
  const size_t device = lose_device(), small = lose_small(), pitch = lose_rows();
  const size_t pinned = lose_pinned(), managed = lose_managed(), ordered = lose_ordered();
  lose_host();
  keep_nothing();
  std::printf("lost %zu device, %zu small, %zu pinned, %zu managed, %zu ordered\n", device, small, pinned, managed,
              ordered);
  hold("rows wide enough", pitch >= 60);
  hold("live addresses distinct", lost.size() == 3 + 5 + 1 + 2 + 1 + 4 + 1);
}
