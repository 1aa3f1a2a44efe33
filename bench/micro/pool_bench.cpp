// Patterns of device and pinned allocation, for whatever driver the program finds: the one that does nothing (what weir
// adds), simcuda, or a GPU's. scripts/bench_pools.py runs it without weir, with the pool off, strict and deferred in turn.
//
// The stream-ordered rows are the driver's own cache, cuMemAllocAsync with its release threshold at the maximum.
#include <benchmark/benchmark.h>
#include <cuda.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <vector>

namespace {

void must(CUresult result, const char* what) {
  if (result == CUDA_SUCCESS) return;
  std::fprintf(stderr, "pool_bench: %s: error %d\n", what, static_cast<int>(result));
  std::exit(1);
}

void be_on_device() {
  static CUcontext context = [] {
    CUcontext made = nullptr;
    CUdevice device = 0;
    must(cuInit(0), "cuInit");
    must(cuDeviceGet(&device, 0), "cuDeviceGet");
    must(cuDevicePrimaryCtxRetain(&made, device), "cuDevicePrimaryCtxRetain");
    return made;
  }();
  must(cuCtxSetCurrent(context), "cuCtxSetCurrent");
}

CUdeviceptr allocate(std::size_t bytes) {
  CUdeviceptr block = 0;
  must(cuMemAlloc(&block, bytes), "cuMemAlloc");
  return block;
}
void release(CUdeviceptr block) { must(cuMemFree(block), "cuMemFree"); }

void pair(benchmark::State& state) {
  be_on_device();
  const auto bytes = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) release(allocate(bytes));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pair)->Arg(64 << 10)->Arg(1 << 20)->Arg(64 << 20);
BENCHMARK(pair)->Name("pair_threads")->Arg(64 << 10)->UseRealTime()->Threads(1)->Threads(2)->Threads(8);

enum class Order { Lifo, Fifo, Shuffled };
/// Many blocks of one size live at a time, freed in this order.
void many(benchmark::State& state, Order order) {
  be_on_device();
  constexpr std::size_t kBlocks = 200;
  std::vector<CUdeviceptr> blocks(kBlocks);
  std::vector<std::size_t> places(kBlocks);
  for (std::size_t i = 0; i != kBlocks; ++i) places[i] = order == Order::Lifo ? kBlocks - 1 - i : i;
  std::mt19937 random{1};
  if (order == Order::Shuffled) std::shuffle(places.begin(), places.end(), random);
  for (auto _ : state) {
    for (CUdeviceptr& block : blocks) block = allocate(256 << 10);
    for (const std::size_t place : places) release(blocks[place]);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBlocks));
}
BENCHMARK_CAPTURE(many, lifo, Order::Lifo);
BENCHMARK_CAPTURE(many, fifo, Order::Fifo);
BENCHMARK_CAPTURE(many, shuffled, Order::Shuffled);

/// Sizes from 512 bytes to 8 MiB, each doubling as often; a random one of 256 is replaced at each step.
void random_sizes(benchmark::State& state) {
  be_on_device();
  std::mt19937 random{2};
  std::vector<CUdeviceptr> blocks(256);
  std::vector<std::uint32_t> draws(1 << 16);
  for (std::uint32_t& draw : draws) draw = static_cast<std::uint32_t>(random());
  std::size_t step = 0;
  for (auto _ : state) {
    const std::uint32_t draw = draws[step++ % draws.size()];
    CUdeviceptr& block = blocks[draw % blocks.size()];
    if (block != 0) release(block);
    const unsigned log = 9 + draw / 256 % 14;
    block = allocate((std::size_t{1} << log) + draw % (1U << log));
  }
  for (const CUdeviceptr block : blocks)
    if (block != 0) release(block);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(random_sizes);

/// A block for work in each of four streams in turn, freed once the work is submitted.
void streams(benchmark::State& state) {
  be_on_device();
  CUstream all[4] = {};
  for (CUstream& stream : all) must(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
  std::size_t turn = 0;
  for (auto _ : state) {
    const CUdeviceptr block = allocate(1 << 20);
    must(cuMemsetD8Async(block, 1, 1 << 20, all[turn++ % 4]), "cuMemsetD8Async");
    release(block);
  }
  must(cuCtxSynchronize(), "cuCtxSynchronize");
  for (CUstream stream : all) (void)cuStreamDestroy(stream);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(streams);

void pinned_pair(benchmark::State& state) {
  be_on_device();
  const auto bytes = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    void* block = nullptr;
    must(cuMemHostAlloc(&block, bytes, 0), "cuMemHostAlloc");
    must(cuMemFreeHost(block), "cuMemFreeHost");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pinned_pair)->Arg(64 << 10)->Arg(64 << 20);

void ordered_pair(benchmark::State& state) {
  be_on_device();
  CUmemoryPool pool = nullptr;
  cuuint64_t most = ~cuuint64_t{0};
  if (cuDeviceGetDefaultMemPool(&pool, 0) != CUDA_SUCCESS ||
      cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &most) != CUDA_SUCCESS) {
    state.SkipWithError("the driver has no stream-ordered memory");
    return;
  }
  const auto bytes = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    CUdeviceptr block = 0;
    must(cuMemAllocAsync(&block, bytes, nullptr), "cuMemAllocAsync");
    must(cuMemFreeAsync(block, nullptr), "cuMemFreeAsync");
  }
  must(cuCtxSynchronize(), "cuCtxSynchronize");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ordered_pair)->Arg(64 << 10)->Arg(1 << 20)->Arg(64 << 20);

/// A trace from POOL_BENCH_TRACE: lines "a NUMBER BYTES" and "f NUMBER"; what is left live is freed at the end of a round.
void replay(benchmark::State& state) {
  const char* path = std::getenv("POOL_BENCH_TRACE");
  std::ifstream file{path == nullptr ? "" : path};
  struct Step {
    bool is_free;
    std::size_t number, bytes;
  };
  std::vector<Step> steps;
  std::size_t most = 0;
  char what = 0;
  for (Step step{}; file >> what >> step.number; steps.push_back(step)) {
    step.is_free = what == 'f';
    if (!step.is_free) file >> step.bytes;
    most = std::max(most, step.number + 1);
  }
  if (steps.empty()) {
    state.SkipWithError("POOL_BENCH_TRACE names no trace");
    return;
  }
  be_on_device();
  std::vector<CUdeviceptr> blocks(most);
  for (auto _ : state) {
    for (const Step& step : steps) {
      CUdeviceptr& block = blocks[step.number];
      if (!step.is_free) {
        block = allocate(step.bytes);
        continue;
      }
      release(block);
      block = 0;
    }
    for (CUdeviceptr& block : blocks) {
      if (block != 0) release(block);
      block = 0;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(steps.size()) / 2);
}
BENCHMARK(replay);

}  // namespace

BENCHMARK_MAIN();
