// What it costs to turn a stack into a site number: one that is known, one of many that are, and a new one.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <algorithm>
#include <vector>

#include "core/profile/profile.hpp"
#include "core/base/bits.hpp"
#include "core/track/sites.hpp"

namespace {

using weir::track::StackView;

/// Tables as the engine has them, on a map that has no file.
struct Tables {
  weir::profile::Map map{};
  weir::track::Modules modules{};
  weir::track::Sites sites{};

  Tables() {
    if (!map.begin(std::uint64_t{512} << 20) || !sites.begin(map, 1 << 20)) std::abort();
  }
};

Tables& fresh_tables() { return *new Tables; }  // the maps are never given back: as in a process

/// A stack of `depth` frames that differs from others by `number`, somewhere in its younger half.
std::vector<std::uintptr_t> stack_of(std::size_t depth, std::uint64_t number) {
  std::vector<std::uintptr_t> pcs(depth);
  for (std::size_t i = 0; i != depth; ++i) pcs[i] = 0x10000 + i * 16;
  for (std::size_t i = 0; i != depth / 2 && number != 0; ++i, number /= 8) pcs[i] += (number % 8) << 32;
  return pcs;
}

StackView view_of(const std::vector<std::uintptr_t>& pcs) {
  static weir::PathFrame path[256];
  weir::StackHash hash = weir::StackHash::empty();
  for (std::size_t i = pcs.size(); i-- != 0;) {
    hash = hash.extended(pcs[i]);
    path[i] = {pcs[i], hash.short_form(), 0, 0};
  }
  return {{path, pcs.size()}, hash, 0};
}

void InternKnown(benchmark::State& state) {
  Tables& tables = fresh_tables();
  const auto pcs = stack_of(static_cast<std::size_t>(state.range(0)), 1);
  for (auto _ : state)
    benchmark::DoNotOptimize(tables.sites.intern(tables.map, tables.modules, view_of(pcs), 0));
}

void InternOneOfMany(benchmark::State& state) {
  Tables& tables = fresh_tables();
  std::vector<std::vector<std::uintptr_t>> stacks;
  for (std::uint64_t i = 0; i != 4096; ++i) stacks.push_back(stack_of(static_cast<std::size_t>(state.range(0)), i));
  std::size_t turn = 0;
  for (auto _ : state) {
    const auto& pcs = stacks[turn++ * 1021 % stacks.size()];
    benchmark::DoNotOptimize(tables.sites.intern(tables.map, tables.modules, view_of(pcs), 0));
  }
}

void InternNew(benchmark::State& state) {
  Tables& tables = fresh_tables();
  std::uint64_t number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto pcs = stack_of(static_cast<std::size_t>(state.range(0)), ++number);
    state.ResumeTiming();
    benchmark::DoNotOptimize(tables.sites.intern(tables.map, tables.modules, view_of(pcs), 0));
  }
}

BENCHMARK(InternKnown)->Arg(8)->Arg(20)->Arg(40);
BENCHMARK(InternOneOfMany)->Arg(8)->Arg(20)->Arg(40);
BENCHMARK(InternNew)->Arg(20)->Iterations(50000);

}  // namespace

BENCHMARK_MAIN();
