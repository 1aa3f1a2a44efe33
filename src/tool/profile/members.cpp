// What the processes of a merged profile have in common, and their sums.
#include <algorithm>

#include "tool/profile/tables.hpp"

namespace weir::tool {
namespace {

/// The text where all members have the same, else nothing.
std::string common(const std::vector<Member>& members, std::string Process::*text) {
  const std::string& first = members.front().process.*text;
  const bool is_common = std::all_of(members.begin(), members.end(),
                                     [&](const Member& each) { return each.process.*text == first; });
  return is_common ? first : std::string{};
}

void set_times(Profile& merged) {
  std::uint64_t first = 0, last = 0, longest = 0;
  for (const Member& each : merged.members) {
    const std::uint64_t start = start_of(each.process);
    longest = std::max(longest, each.process.duration_ns);
    if (start == 0) continue;
    first = first == 0 ? start : std::min(first, start);
    last = std::max(last, start + each.process.duration_ns);
  }
  merged.process.started_realtime_ns = first;
  merged.process.duration_ns = std::max(last - first, longest);
}

void set_ending(Profile& merged) {
  Process& process = merged.process;
  process.ending = merged.members.front().process.ending;
  process.end_value = merged.members.front().process.end_value;
  for (const Member& each : merged.members) {
    if (each.process.ending != process.ending) process.ending = Ending::Several;
    // Where the way of ending is common and the value is not, the worse one stands for all.
    process.end_value = std::max(process.end_value, each.process.end_value);
  }
  if (process.ending == Ending::Several) process.end_value = 0;
}

void add(SpaceTotals& sum, const SpaceTotals& more) {
  Counts peaks;  // for sums that do not overflow
  peaks.live_bytes = sum.peak_bytes;
  peaks.live_blocks = sum.peak_error_bytes;
  Counts other;
  other.live_bytes = more.peak_bytes;
  other.live_blocks = more.peak_error_bytes;
  peaks += other;
  sum.counts += more.counts;
  sum.inherited += more.inherited;
  sum.peak_bytes = peaks.live_bytes;
  sum.peak_error_bytes = peaks.live_blocks;
  sum.peak_variance += more.peak_variance;
}

}  // namespace

std::uint64_t start_of(const Process& process) noexcept {
  constexpr std::uint64_t kYear2000 = 946'684'800'000'000'000, kYear2100 = 4'102'444'800'000'000'000;
  const std::uint64_t start = process.started_realtime_ns;
  return start >= kYear2000 && start < kYear2100 ? start : 0;
}

void sum_members(Profile& merged) {
  if (merged.members.size() == 1) {
    const Member& only = merged.members.front();
    merged.process = only.process;
    std::copy(std::begin(only.spaces), std::end(only.spaces), std::begin(merged.spaces));
    return;
  }
  merged.process = {};
  merged.process.exe = common(merged.members, &Process::exe);
  merged.process.cwd = common(merged.members, &Process::cwd);
  set_times(merged);
  set_ending(merged);
  for (std::size_t i = 0; i != profile::kSpacesAndImported; ++i) {
    merged.spaces[i] = {};
    for (const Member& each : merged.members) add(merged.spaces[i], each.spaces[i]);
  }
}

}  // namespace weir::tool
