// Each of four threads works in its own default stream and allocates there; one block of each is lost.
//
//   lose_in_thread   4 blocks of 24000 bytes in stream order, one in each thread
//
// nvcc: --default-stream per-thread
// prints: threads right: 4
// prints: streams of their own: 4
// prints: default stream of this build: per thread
//
// expect live_in("device", "lose_in_thread") == (96000, 4)
#include "support.cuh"

#include <atomic>
#include <set>
#include <thread>
#include <vector>

__global__ void number(int* values, int count, int first) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < count) values[i] = first + i;
}

static void number_model(const simcuda_launch* launch, void*) {
  const int count = parameter<int>(launch, 1), first = parameter<int>(launch, 2);
  int* values = reach(parameter<int*>(launch, 0), count);
  for (int i = 0; values && i < count; ++i) values[i] = first + i;
}

static std::atomic<int> right;
static unsigned long long ids[4];

[[gnu::noinline]] static void* lose_in_thread() {
  void* memory;
  MUST(cudaMallocAsync(&memory, 24000, 0));
  return memory;
}

static void work(int thread) {
  constexpr int kCount = 500;
  MUST(cudaStreamGetId(0, &ids[thread]));
  int* values;
  MUST(cudaMallocAsync(&values, kCount * sizeof(int), 0));
  MUST(cudaMemsetAsync(values, 0xff, kCount * sizeof(int), 0));
  number<<<4, 128>>>(values, kCount, 1000 * thread);
  MUST(cudaGetLastError());
  std::vector<int> found(kCount);
  MUST(cudaMemcpyAsync(found.data(), values, kCount * sizeof(int), cudaMemcpyDeviceToHost, 0));
  MUST(cudaFreeAsync(values, 0));
  lose_in_thread();
  MUST(cudaStreamSynchronize(0));
  bool all = true;
  for (int i = 0; i < kCount; ++i) all &= found[i] == 1000 * thread + i;
  right += all;
}

int main() {
  model("number", number_model);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) threads.emplace_back(work, thread);
  for (std::thread& thread : threads) thread.join();
  std::printf("threads right: %d\n", right.load());
  std::printf("streams of their own: %zu\n", std::set<unsigned long long>(ids, ids + 4).size());
#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM)
  std::printf("default stream of this build: per thread\n");
#else
  std::printf("default stream of this build: legacy\n");
#endif
}
