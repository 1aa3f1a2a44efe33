// What a malloc/free pair costs at a known depth of stack. Run it bare and under each LD_PRELOAD: the difference
// is what the preload adds.
//
//   Pair/depth/bytes       one call site, in a loop: the best case of any cache of stacks
//   PairSites/depth        eight call sites in turn at one depth
//   PairPaths/depth        64 different call paths in turn, walked anew each time (the walk is part of the time)
//
// Each runs on a thread of its own, whose stack has exactly `depth` frames at the call of malloc (checked with
// backtrace()): clone3, start_thread, the body, and recursion for the rest.
#include <benchmark/benchmark.h>
#include <execinfo.h>
#include <pthread.h>

#include <array>
#include <cstdlib>
#include <string>

namespace {

struct Run {
  benchmark::State* state;
  int depth;
  std::size_t bytes;
  void (*leaf)(Run&);
  bool to_check = true;
};

constexpr int kFramesAbove = 3;  // clone3, start_thread, body

void pair(std::size_t bytes) {
  void* block = std::malloc(bytes);
  benchmark::DoNotOptimize(block);
  std::free(block);
}

/// Goes down until the caller of malloc will be frame number `depth`.
[[gnu::noinline]] void descend(Run& run, int frames_to_go) {
  if (frames_to_go == 0)
    run.leaf(run);
  else
    descend(run, frames_to_go - 1);
  benchmark::ClobberMemory();
}

/// The caller's stack, counted by the C library's unwinder.
[[gnu::noinline]] bool depth_is(const Run& run) {
  std::array<void*, 256> frames;
  const int without_this_one = backtrace(frames.data(), static_cast<int>(frames.size())) - 1;
  if (without_this_one == run.depth) return true;
  run.state->SkipWithError(("the stack has " + std::to_string(without_this_one) + " frames").c_str());
  return false;
}

[[gnu::noinline]] void one_site(Run& run) {
  if (!depth_is(run)) return;
  for (auto _ : *run.state) pair(run.bytes);
}

template <int kSite>
[[gnu::noinline]] void site(Run& run) {
  if (run.to_check && !depth_is(run)) return;
  pair(run.bytes);
  benchmark::ClobberMemory();
}

[[gnu::noinline]] void eight_sites(Run& run) {
  static constexpr std::array kSites{site<0>, site<1>, site<2>, site<3>, site<4>, site<5>, site<6>, site<7>};
  for (const auto function : kSites) function(run);
  run.to_check = false;
  unsigned turn = 0;
  for (auto _ : *run.state) kSites[turn++ % 8](run);
}

/// Two functions that differ in name only; bit i of `path` says which of them is the i-th frame.
template <bool kRight>
[[gnu::noinline]] void walk(Run& run, int frames_to_go, unsigned path) {
  if (frames_to_go == 0)
    site<kRight>(run);
  else if (path % 2 == 0)
    walk<false>(run, frames_to_go - 1, path / 2);
  else
    walk<true>(run, frames_to_go - 1, path / 2);
  benchmark::ClobberMemory();
}

[[gnu::noinline]] void many_paths(Run& run) {
  const int frames = run.depth - kFramesAbove - 4;
  walk<false>(run, frames, 0);
  run.to_check = false;
  unsigned turn = 0;
  for (auto _ : *run.state) walk<false>(run, frames, turn++ * 29 % 64);
}

void* body(void* argument) {
  Run& run = *static_cast<Run*>(argument);
  const int below = run.leaf == one_site ? 1 : 2;  // frames from the leaf down
  descend(run, run.leaf == many_paths ? 0 : run.depth - kFramesAbove - 1 - below);
  return nullptr;
}

void on_own_thread(benchmark::State& state, void (*leaf)(Run&), std::size_t bytes) {
  Run run{.state = &state, .depth = static_cast<int>(state.range(0)), .bytes = bytes, .leaf = leaf};
  pthread_t thread;
  if (pthread_create(&thread, nullptr, body, &run) != 0) std::abort();
  pthread_join(thread, nullptr);
  state.SetItemsProcessed(state.iterations());
}

void Pair(benchmark::State& state) { on_own_thread(state, one_site, static_cast<std::size_t>(state.range(1))); }
void PairSites(benchmark::State& state) { on_own_thread(state, eight_sites, 64); }
void PairPaths(benchmark::State& state) { on_own_thread(state, many_paths, 64); }

BENCHMARK(Pair)->ArgsProduct({{8, 20, 40}, {64}})->Args({20, 4096})->UseRealTime()->ThreadRange(1, 2);
BENCHMARK(PairSites)->Arg(8)->Arg(20)->Arg(40)->UseRealTime();
BENCHMARK(PairPaths)->Arg(20)->Arg(40)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
