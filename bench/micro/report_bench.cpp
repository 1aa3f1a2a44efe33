// How long `weir report` takes for a big profile: 10,000 call sites, 20 frames each, in this very program, with and
// without looking up their symbols.
#include <benchmark/benchmark.h>

#include <sstream>

#include "tool/report/report.hpp"

extern "C" char __executable_start, etext;

namespace {

namespace tool = weir::tool;

tool::Profile big_profile(std::uint32_t sites) {
  tool::Profile profile;
  const auto begin = reinterpret_cast<std::uint64_t>(&__executable_start), end = reinterpret_cast<std::uint64_t>(&etext);
  profile.process.exe = "/proc/self/exe";
  profile.modules.resize(2);
  profile.modules[1] = {.path = "/proc/self/exe", .build_id = {}, .base = begin, .begin = begin, .end = end};
  profile.nodes.resize(1);
  profile.sites.resize(2);
  for (std::uint32_t i = 0; i != sites; ++i) {
    std::uint32_t node = 0;
    for (std::uint64_t depth = 0; depth != 20; ++depth) {
      const std::uint64_t pc = begin + (std::uint64_t{i} * 7919 + depth * 104729) % (end - begin);
      profile.nodes.push_back({.pc = pc, .parent = node, .module = 1});
      node = static_cast<std::uint32_t>(profile.nodes.size() - 1);
    }
    tool::Site site;
    site.exists = true;
    site.node = node;
    site.counts = {.allocated_blocks = i + 2, .allocated_bytes = 100 * (i + 2), .freed_blocks = 1, .freed_bytes = 100,
                   .temporary_blocks = 0, .live_blocks = i + 1, .live_bytes = 100 * (i + 1)};
    site.peak_bytes = site.counts.allocated_bytes;
    profile.spaces[0].counts += site.counts;
    profile.sites.push_back(site);
  }
  return profile;
}

void report(benchmark::State& state, const char* format, tool::Symbolize symbolize) {
  const tool::Profile profile = big_profile(static_cast<std::uint32_t>(state.range(0)));
  tool::ReportOptions options;
  options.format = format;
  options.symbolize = symbolize;
  for (auto _ : state) {
    std::ostringstream out;
    tool::write_report(profile, options, out);
    benchmark::DoNotOptimize(out.str().size());
  }
}

BENCHMARK_CAPTURE(report, text, "text", &tool::symbolize_libdw)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(report, json, "json", &tool::symbolize_libdw)->Arg(10000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(report, json_no_symbols, "json", &tool::symbolize_none)->Arg(10000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
