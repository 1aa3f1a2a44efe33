// What a call of the driver costs. By itself it measures the driver that does nothing (cuda_driver.cpp); with libweir.so
// preloaded, what weir adds. With WEIR_STACK_DEPTH=1 there is next to nothing of the stack in it.
#include <benchmark/benchmark.h>
#include <cuda.h>

#include <cstdlib>

namespace {

void allocate_and_free(benchmark::State& state) {
  for (auto _ : state) {
    CUdeviceptr block = 0;
    if (cuMemAlloc(&block, 4096) != CUDA_SUCCESS) abort();
    benchmark::DoNotOptimize(block);
    if (cuMemFree(block) != CUDA_SUCCESS) abort();
  }
}
BENCHMARK(allocate_and_free);

/// Recorded nowhere: the wrapper alone.
void allocate_nothing(benchmark::State& state) {
  for (auto _ : state) {
    CUdeviceptr block = 0;
    if (cuMemAlloc(&block, 0) == CUDA_SUCCESS) abort();
  }
}
BENCHMARK(allocate_nothing);

void free_nothing(benchmark::State& state) {
  for (auto _ : state)
    if (cuMemFree(0) != CUDA_SUCCESS) abort();
}
BENCHMARK(free_nothing);

}  // namespace

BENCHMARK_MAIN();
