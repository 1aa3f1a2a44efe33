// Looking at timelines at common moments.
#include "tool/merge/over_time.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace weir::tool {
namespace {

using profile::TimelineRecord;

void add(std::int64_t& sum, std::int64_t more) {
  if (__builtin_add_overflow(sum, more, &sum))
    sum = more < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}
void add(std::uint64_t& sum, std::uint64_t more) {
  if (__builtin_add_overflow(sum, more, &sum)) sum = std::numeric_limits<std::uint64_t>::max();
}

void add(TimelineRecord& sum, const TimelineRecord& more) {
  for (std::size_t i = 0; i != profile::kSpaces; ++i) add(sum.live[i], more.live[i]);
  add(sum.device_reserved, more.device_reserved);
  add(sum.resident, more.resident);
  sum.host_live_variance += more.host_live_variance;
}

}  // namespace

void OverTime::make_room(std::uint64_t start_ns, std::uint64_t end_ns, unsigned least) {
  const bool is_first = end_ == 0;
  begin_ = is_first ? start_ns : std::min(begin_, start_ns);
  end_ = is_first ? end_ns : std::max(end_, end_ns);
  unsigned level = std::max(level_, least);
  while (((end_ >> level) - (begin_ >> level)) > profile::kTimelinePoints - 1) ++level;
  const std::uint64_t first = (begin_ + ((std::uint64_t{1} << level) - 1)) >> level;
  const std::uint64_t last = end_ >> level;
  std::vector<TimelineRecord> points(last >= first ? last - first + 1 : 0);
  for (std::size_t i = 0; i != points_.size(); ++i) {
    const std::uint64_t at = (first_ + i) << level_, moment = at >> level;
    const bool is_kept = moment << level == at && moment >= first && moment - first < points.size();
    if (is_kept) points[moment - first] = points_[i];
  }
  level_ = level;
  first_ = first;
  points_ = std::move(points);
}

void OverTime::add(const std::vector<TimelineRecord>& points, std::uint64_t start_ns, std::uint64_t end_ns,
                   std::uint64_t step_ns) {
  constexpr std::uint64_t kLatest = std::uint64_t{1} << 62;
  if (start_ns == 0 || start_ns > kLatest || end_ns < start_ns || end_ns > kLatest) return;
  // A sum that is not what it says would be looked at where it has no points.
  const bool is_sum = step_ns != 0;
  if (is_sum && (!std::has_single_bit(step_ns) || step_ns >= kLatest)) return;
  make_room(start_ns, end_ns, is_sum ? static_cast<unsigned>(std::countr_zero(step_ns)) : 0);
  std::size_t next = 0;
  for (std::size_t i = 0; i != points_.size(); ++i) {
    const std::uint64_t at = (first_ + i) << level_;
    if (at < start_ns) continue;
    if (at > end_ns) break;
    while (next != points.size() && points[next].at_ns <= at - start_ns) ++next;
    if (next != 0) weir::tool::add(points_[i], points[next - 1]);
  }
}

std::vector<TimelineRecord> OverTime::points(std::uint64_t start_ns) const {
  std::vector<TimelineRecord> out = points_;
  for (std::size_t i = 0; i != out.size(); ++i) {
    const std::uint64_t at = (first_ + i) << level_;
    out[i].at_ns = at - std::min(at, start_ns);
  }
  return out;
}

}  // namespace weir::tool
