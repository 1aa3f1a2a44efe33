// One profile after the other into the sums.
#include "tool/merge/merge.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "tool/merge/over_time.hpp"
#include "tool/merge/stacks.hpp"
#include "tool/merge/tables.hpp"

namespace weir::tool {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;

/// No two processes of a machine began in the same nanosecond with the same number.
std::optional<std::string> identity(const Member& member) {
  const Process& process = member.process;
  if (process.pid == 0 || process.started_realtime_ns == 0) return std::nullopt;
  return std::to_string(process.pid) + " " + std::to_string(process.started_realtime_ns) + " " + process.exe;
}

}  // namespace

struct Merger::State {
  Profile sum;
  Stacks stacks{sum};
  OverTime over_time;
  std::unordered_set<std::string> known;
  /// Every time in `sum` is after this; 0: no process has said when it began.
  std::uint64_t start_ns = 0;
  std::vector<profile::TimelineRecord> first_timeline;

  [[nodiscard]] bool knows_any(const Profile& profile) const {
    return std::any_of(profile.members.begin(), profile.members.end(), [&](const Member& member) {
      const auto id = identity(member);
      return id && known.contains(*id);
    });
  }

  /// Makes an earlier start that of all.
  void begin_at(std::uint64_t start) {
    if (start == 0 || (start_ns != 0 && start >= start_ns)) return;
    if (start_ns != 0)
      shift_times(sum, start_ns - start,
                  static_cast<std::uint32_t>(start_ns / kMillisecond - start / kMillisecond));
    start_ns = start;
  }
};

Merger::Merger() : state_{std::make_unique<State>()} {}
Merger::~Merger() = default;

std::size_t Merger::processes() const noexcept { return state_->sum.members.size(); }

void Merger::warn(const std::string& line) { add_warning(state_->sum, line, 0); }

bool Merger::add(const Profile& profile) {
  State& state = *state_;
  Profile& sum = state.sum;
  if (state.knows_any(profile)) return false;
  const std::uint64_t start = start_of(profile.process);
  state.begin_at(start);
  const std::uint64_t later = start == 0 ? 0 : start - state.start_ns;
  const std::uint64_t later_ms = start == 0 ? 0 : start / kMillisecond - state.start_ns / kMillisecond;
  add_coverage(sum, profile);
  state.stacks.begin(profile, static_cast<std::uint32_t>(sum.members.size()),
                     static_cast<std::uint32_t>(std::min<std::uint64_t>(later_ms, ~std::uint32_t{0})));
  state.stacks.add_sites();
  add_host_stats(sum, profile);
  add_scan(sum, profile);
  add_errors(sum, profile, state.stacks, later);
  add_devices(sum, profile);
  add_releases(sum, profile, state.stacks, later);
  add_pools(sum, profile);
  add_out_of_memory(sum, profile, state.stacks, later);
  if (sum.members.empty() && !profile.is_merged()) state.first_timeline = profile.timeline;
  state.over_time.add(profile.timeline, start, start + profile.process.duration_ns,
                      profile.is_merged() ? profile.timeline_step_ns : 0);
  for (const Member& member : profile.members) {
    sum.members.push_back(member);
    if (auto id = identity(member)) state.known.insert(std::move(*id));
  }
  return true;
}

Profile Merger::finish() {
  Profile& out = state_->sum;
  sum_members(out);
  const bool is_one = !out.is_merged();
  out.timeline =
      is_one ? std::move(state_->first_timeline) : state_->over_time.points(out.process.started_realtime_ns);
  out.timeline_step_ns = is_one ? 0 : state_->over_time.step_ns();
  if (is_one) out.warned_in.clear();
  return std::move(out);
}

}  // namespace weir::tool
