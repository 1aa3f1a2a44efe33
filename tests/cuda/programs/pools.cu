// Stream-ordered memory: the default pool, a pool of one's own, freeing across the two ways.
//
//   lose_from_pool   2 blocks of 50000 bytes from a pool that is not destroyed
//
// prints: pools supported: 1
// prints: used while live: yes
// prints: used after the frees: 0
// prints: threshold kept: yes
// prints: freed without a stream: cudaSuccess
// prints: freed in a stream: cudaSuccess
// prints: trimmed: cudaSuccess
//
// expect live_in("device", "lose_from_pool") == (100000, 2)
// expect report["spaces"]["device"]["live_bytes"] == 100000
#include "support.cuh"

#include <cstdint>

static uint64_t used(cudaMemPool_t pool) {
  uint64_t bytes = 0;
  MUST(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &bytes));
  return bytes;
}

[[gnu::noinline]] static void lose_from_pool(cudaMemPool_t pool, cudaStream_t stream) {
  for (int i = 0; i < 2; ++i) {
    void* memory;
    MUST(cudaMallocFromPoolAsync(&memory, 50000, pool, stream));
  }
}

int main() {
  int supported = 0;
  MUST(cudaDeviceGetAttribute(&supported, cudaDevAttrMemoryPoolsSupported, 0));
  std::printf("pools supported: %d\n", supported);
  cudaStream_t stream;
  MUST(cudaStreamCreate(&stream));
  cudaMemPool_t pool;
  MUST(cudaDeviceGetDefaultMemPool(&pool, 0));
  void *first, *second;
  MUST(cudaMallocAsync(&first, 100000, stream));
  MUST(cudaMallocAsync(&second, 100000, stream));
  MUST(cudaStreamSynchronize(stream));
  hold("used while live", used(pool) >= 200000);
  MUST(cudaFreeAsync(first, stream));
  MUST(cudaFreeAsync(second, stream));
  MUST(cudaStreamSynchronize(stream));
  std::printf("used after the frees: %llu\n", static_cast<unsigned long long>(used(pool)));
  uint64_t threshold = 1 << 22, found = 0;
  MUST(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &threshold));
  MUST(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &found));
  hold("threshold kept", found == threshold);

  void *ordered, *plain;
  MUST(cudaMallocAsync(&ordered, 70000, stream));
  MUST(cudaStreamSynchronize(stream));
  show("freed without a stream", cudaFree(ordered));
  MUST(cudaMalloc(&plain, 70000));
  show("freed in a stream", cudaFreeAsync(plain, stream));
  MUST(cudaStreamSynchronize(stream));

  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location.type = cudaMemLocationTypeDevice;
  properties.location.id = 0;
  cudaMemPool_t own;
  MUST(cudaMemPoolCreate(&own, &properties));
  lose_from_pool(own, stream);
  MUST(cudaStreamSynchronize(stream));
  show("trimmed", cudaMemPoolTrimTo(pool, 0));
}
