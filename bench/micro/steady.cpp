// What malloc and free cost a program that keeps 1024 blocks of 16 to 271 bytes alive: each pair frees the oldest
// block and allocates another. Run it bare and under each LD_PRELOAD: the difference is what the preload adds.
//
//   steady OUT [SECONDS [CASE]]     a line "case depth threads nanoseconds" for each case, or CASE alone, measured for
//                                   SECONDS
//
//   one          one call site, in a loop
//   turn         16 call sites in turn
//   random       16 call sites in random order
//   paths        64 call paths in turn, each walked anew: the walk is part of the time
//   new-old      every pair by a call path never taken before, whose old frames differ from those of the last one
//   new-young    the same, but mostly only the youngest frames differ
//   again-old    the paths of new-old a second time: each was last taken 131,072 pairs ago
//
// Sizes and orders are drawn before the clock starts. A figure is the median over chunks of 16,384 pairs; the cases
// with new paths have one chunk. Each case runs on a thread of its own, whose stack has exactly `depth` frames at the
// call of malloc (checked with backtrace()): clone3, start_thread, on_thread, descend..., timed, the case, its frames.
//
// Built twice: `steady` without frame pointers, `steady_fp` with.
#include <execinfo.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr unsigned kLive = 1024, kSizes = 4096, kOrders = 65536, kChunk = 16384, kFresh = 131072;

std::uint16_t sizes[kSizes];
std::uint8_t orders[kOrders];

struct Loop {
  void (*run)(Loop&, unsigned pairs);
  int depth, frames_below;  // the frames that `run` has between its own and malloc
  double seconds;
  bool to_check = true;
  unsigned turn = 0;
  std::vector<double> chunks{};  // nanoseconds for each pair
  void* live[kLive] = {};
};

pthread_barrier_t start;

double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

/// Ends the program unless the caller's stack has the depth that its figure will be published under.
[[gnu::noinline]] void check_depth(Loop& loop) {
  std::array<void*, 256> frames;
  const int without_this_one = backtrace(frames.data(), static_cast<int>(frames.size())) - 1;
  if (without_this_one == loop.depth) return;
  std::fprintf(stderr, "steady: the stack has %d frames, not %d\n", without_this_one, loop.depth);
  std::exit(1);
}

[[gnu::always_inline]] inline void pair(Loop& loop) {
  void*& block = loop.live[loop.turn % kLive];
  std::free(block);
  block = std::malloc(sizes[loop.turn % kSizes]);
  *static_cast<volatile char*>(block) = 1;
  ++loop.turn;
}

[[gnu::noinline]] void one_site(Loop& loop, unsigned pairs) {
  if (loop.to_check) check_depth(loop);
  for (unsigned i = 0; i != pairs; ++i) pair(loop);
}

template <int kSite>
[[gnu::noinline]] void site(Loop& loop) {
  if (loop.to_check) check_depth(loop);
  pair(loop);
  asm volatile("" ::"i"(kSite));
}

template <int... kSite>
constexpr std::array<void (*)(Loop&), sizeof...(kSite)> sites_of(std::integer_sequence<int, kSite...>) {
  return {site<kSite>...};
}
constexpr auto kSites = sites_of(std::make_integer_sequence<int, 16>{});

[[gnu::noinline]] void sites_in_turn(Loop& loop, unsigned pairs) {
  for (unsigned i = 0; i != pairs; ++i) kSites[loop.turn % kSites.size()](loop);
}

[[gnu::noinline]] void sites_at_random(Loop& loop, unsigned pairs) {
  for (unsigned i = 0; i != pairs; ++i) kSites[orders[loop.turn % kOrders]](loop);
}

/// Four functions that differ in name only; each pair of bits of `path`, from the top, says which the next frame is.
template <int kWhich>
[[gnu::noinline]] void walk(Loop& loop, int levels, std::uint64_t path) {
  if (levels == 1) {
    if (std::exchange(loop.to_check, false)) check_depth(loop);
    pair(loop);
  } else {
    switch (path >> 62) {
      case 0: walk<0>(loop, levels - 1, path << 2); break;
      case 1: walk<1>(loop, levels - 1, path << 2); break;
      case 2: walk<2>(loop, levels - 1, path << 2); break;
      default: walk<3>(loop, levels - 1, path << 2); break;
    }
  }
  asm volatile("" ::"i"(kWhich) : "memory");
}

constexpr int kPathBits = 24;  // 12 choices
constexpr std::uint64_t kGolden =
    10368889;                      // odd: n * kGolden is another path for each n, and jumps in the top bits
constexpr int kFramesOfPath = 14;  // take_path, the first walk, one for each choice

[[gnu::noinline]] void take_path(Loop& loop, std::uint64_t number) {
  walk<0>(loop, loop.frames_below - 1, number << (64 - kPathBits));
}

[[gnu::noinline]] void few_paths(Loop& loop, unsigned pairs) {
  for (unsigned i = 0; i != pairs; ++i) take_path(loop, loop.turn * 29 % 64 * kGolden);
}

[[gnu::noinline]] void paths_old(Loop& loop, unsigned pairs) {
  for (unsigned i = 0; i != pairs; ++i) take_path(loop, i * kGolden);
}

[[gnu::noinline]] void paths_young(Loop& loop, unsigned pairs) {
  for (unsigned i = 0; i != pairs; ++i) take_path(loop, i);
}

[[gnu::noinline]] void timed(Loop& loop) {
  const bool fresh = loop.run == paths_old || loop.run == paths_young;
  if (!fresh) loop.run(loop, kChunk);
  loop.to_check = fresh;
  pthread_barrier_wait(&start);
  const double began = now();
  const unsigned pairs = fresh ? kFresh : kChunk;
  for (double before = began; before - began < loop.seconds * 1e9 || (fresh && loop.chunks.size() < 2);) {
    loop.run(loop, pairs);
    const double after = now();
    loop.chunks.push_back((after - before) / pairs);
    before = after;
  }
}

[[gnu::noinline]] void descend(Loop& loop, int frames_to_go) {
  if (frames_to_go == 0)
    timed(loop);
  else
    descend(loop, frames_to_go - 1);
  asm volatile("" ::: "memory");
}

void* on_thread(void* argument) {
  constexpr int kFixed = 6;  // clone3, start_thread, on_thread, the first descend, timed, the case
  Loop& loop = *static_cast<Loop*>(argument);
  descend(loop, loop.depth - kFixed - loop.frames_below);
  for (void* block : loop.live) std::free(block);
  return nullptr;
}

/// Nanoseconds for each pair that all `threads` together make.
std::vector<double> run_case(const Loop& which, unsigned threads) {
  std::vector<Loop> loops(threads, which);
  std::vector<pthread_t> ids(threads);
  pthread_barrier_init(&start, nullptr, threads);
  for (unsigned i = 0; i != threads; ++i)
    if (pthread_create(&ids[i], nullptr, on_thread, &loops[i]) != 0) std::abort();
  for (const pthread_t id : ids) pthread_join(id, nullptr);
  pthread_barrier_destroy(&start);
  if (which.run == paths_old || which.run == paths_young) return {loops[0].chunks[0], loops[0].chunks[1]};
  double pairs_each_nanosecond = 0;
  for (Loop& loop : loops) {
    const auto middle = loop.chunks.begin() + static_cast<std::ptrdiff_t>(loop.chunks.size() / 2);
    std::nth_element(loop.chunks.begin(), middle, loop.chunks.end());
    pairs_each_nanosecond += 1 / *middle;
  }
  return {1 / pairs_each_nanosecond};
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return 2;
  const double seconds = count > 2 ? std::atof(words[2]) : 0.1;
  const std::string_view only = count > 3 ? words[3] : "";
  const auto is_wanted = [only](std::string_view name) { return only.empty() || only == name; };
  std::uint32_t random = 1;
  const auto draw = [&](std::uint32_t below) {
    return (random = random * 1664525 + 1013904223) / 65536 % below;
  };
  for (auto& size : sizes) size = static_cast<std::uint16_t>(16 + draw(256));
  for (auto& order : orders) order = static_cast<std::uint8_t>(draw(kSites.size()));
  void* frame;
  (void)backtrace(&frame, 1);  // the first call allocates

  std::FILE* out = std::fopen(words[1], "w");
  if (out == nullptr) return 1;
  const auto report = [&](const char* name, int depth, unsigned threads, double nanoseconds) {
    std::fprintf(out, "%s %d %u %.3f\n", name, depth, threads, nanoseconds);
  };
  const auto steady = [&](const char* name, void (*run)(Loop&, unsigned), int below, int depth,
                          unsigned threads) {
    if (!is_wanted(name)) return;
    const Loop loop{.run = run, .depth = depth, .frames_below = below, .seconds = seconds};
    report(name, depth, threads, run_case(loop, threads)[0]);
  };
  for (const int depth : {8, 20, 40, 100}) steady("one", one_site, 0, depth, 1);
  for (const int depth : {8, 20, 40, 100}) steady("turn", sites_in_turn, 1, depth, 1);
  for (const int depth : {8, 20, 40}) steady("random", sites_at_random, 1, depth, 1);
  steady("one", one_site, 0, 20, 2);
  for (const int depth : {20, 40}) steady("paths", few_paths, depth - 6, depth, 1);
  const auto fresh = [&](const char* first, const char* again, void (*run)(Loop&, unsigned)) {
    if (!is_wanted(first)) return;
    const auto times = run_case({.run = run, .depth = 20, .frames_below = kFramesOfPath, .seconds = 0}, 1);
    report(first, 20, 1, times[0]);
    if (again != nullptr) report(again, 20, 1, times[1]);
  };
  fresh("new-old", "again-old", paths_old);
  fresh("new-young", nullptr, paths_young);
  return std::fclose(out) != 0;
}
