// The sum of many timelines: what all processes together had at the same moments.
#pragma once

#include <cstdint>
#include <vector>

#include "tool/profile/profile.hpp"

namespace weir::tool {

/// Moments are the multiples of a step since the epoch, the step a power of two such that they are at most 256 in the
/// time that the processes span. So merging in any order looks at the same moments, and the sums there are those of
/// what each process had at its last point before.
class OverTime {
 public:
  /// Points in order of time after `start_ns`; from `end_ns` on the process has nothing. `step_ns`: the points are sums
  /// already, at that step's multiples.
  void add(const std::vector<profile::TimelineRecord>& points, std::uint64_t start_ns, std::uint64_t end_ns,
           std::uint64_t step_ns);

  [[nodiscard]] std::uint64_t step_ns() const noexcept {
    return points_.empty() ? 0 : std::uint64_t{1} << level_;
  }
  /// With times after `start_ns`.
  [[nodiscard]] std::vector<profile::TimelineRecord> points(std::uint64_t start_ns) const;

 private:
  void make_room(std::uint64_t start_ns, std::uint64_t end_ns, unsigned least);

  unsigned level_ = 20;  ///< the step is 2^20 ns at least: a millisecond
  std::uint64_t begin_ = 0, end_ = 0;
  std::uint64_t first_ = 0;  ///< which multiple of the step the first point is
  std::vector<profile::TimelineRecord> points_;
};

}  // namespace weir::tool
