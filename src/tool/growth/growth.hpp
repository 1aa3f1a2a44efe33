// What grows: the numbers of call sites at several moments of a run, or at the ends of several runs, and their trend.
//
// A profile is complete at every instant, so a copy of a live process's file is that moment's profile: readings of a run
// are copies of one file, or the file itself read several times.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tool/profile/profile.hpp"

namespace weir::tool {

/// When the numbers of a profile were counted, after the start of its process, and how that is known.
struct Moment {
  enum class Basis {
    Ended,     ///< the process noted its end
    Now,       ///< it is the file that a live process writes
    FileTime,  ///< of a copy: when the file was last written
    LastSeen,  ///< no better: the process's last look at the clock, at most 1024 operations of a thread before
  };
  std::uint64_t at_ns = 0;
  Basis basis = Basis::LastSeen;
  std::uint64_t last_seen_ns = 0;
};
[[nodiscard]] Moment moment_of(const Profile& profile, const std::string& path);

/// The numbers of one profile. What stays when the profile itself is gone.
struct Reading {
  struct Site {
    bool exists = false;
    std::uint64_t stack = 0;  ///< stands for its frames and its memory, in one run
    Counts counts;
    std::uint64_t lost_bytes = 0,
                  lost_blocks = 0;  ///< that nothing points to any more, when somebody last looked
    std::uint64_t held_before = 0;  ///< it surely had so many bytes live at some time
    double held_variance = 0;       ///< of that, where it is an estimate
  };
  std::string name;  ///< the file
  Process process;
  Moment moment;
  std::string run;            ///< the same for readings of the same run; empty: several processes
  bool has_verdicts = false;  ///< somebody looked through its heap
  Counts totals;              ///< over all spaces that the process pays for
  Counts spaces[profile::kSpaces];
  std::uint64_t dropped = 0;  ///< records that found no room
  std::vector<Site> sites;    ///< by number
};
[[nodiscard]] Reading read_out(const Profile& profile, std::string name, const Moment& moment);

/// Whether all are of one run: then sites have the same numbers in all.
[[nodiscard]] bool are_of_one_run(std::span<const Reading> readings);
/// The run's order, whatever order they were named in; and moments that do not go back. Gives the places that they had.
std::vector<std::size_t> put_in_order(std::vector<Reading>& readings);

enum class Trend {
  Level,
  Growing,    ///< steadily, to more than it ever held before the first reading
  Uneven,     ///< more than at first; but it went down between, or had held as much before
  Shrinking,  ///< less than at first
};
[[nodiscard]] std::string_view trend_name(Trend trend);

struct SiteGrowth {
  std::uint32_t site = 0;
  Trend trend = Trend::Level;
  std::uint64_t then_bytes = 0, then_blocks = 0, now_bytes = 0, now_blocks = 0;
  double bytes_variance = 0;  ///< of the growth, at most
  std::optional<double> bytes_per_second,
      blocks_per_second;  ///< least squares; none: several runs, or no time between
  std::uint64_t allocated_blocks = 0, freed_blocks = 0;  ///< of one run: since the first reading
  std::uint64_t survivors = 0;                           ///< blocks live at first that surely still are
  std::optional<std::int64_t> lost_bytes,
      lost_blocks;  ///< of one run: more lost than at first; none: no look then, or none now
  bool is_new_high = false;
  std::uint32_t grew_in = 0, shrank_in = 0;  ///< of the intervals between readings
  std::vector<std::uint64_t> bytes;          ///< live at each reading

  [[nodiscard]] std::int64_t growth_bytes() const noexcept {
    return static_cast<std::int64_t>(now_bytes) - static_cast<std::int64_t>(then_bytes);
  }
  [[nodiscard]] std::int64_t growth_blocks() const noexcept {
    return static_cast<std::int64_t>(now_blocks) - static_cast<std::int64_t>(then_blocks);
  }
};

struct Growth {
  bool is_one_run = false;
  std::vector<Reading> readings;  ///< without their sites
  std::optional<double> bytes_per_second;
  std::vector<SiteGrowth>
      sites;  ///< that changed; growing ones first, then uneven ones, each the most growth first
  std::uint64_t unchanged = 0;  ///< sites

  [[nodiscard]] std::uint64_t span_ns() const noexcept;
  [[nodiscard]] std::size_t intervals() const noexcept { return readings.empty() ? 0 : readings.size() - 1; }
};

/// Sites have the same numbers in all readings; those of one run are in order.
[[nodiscard]] Growth growth_of(std::vector<Reading> readings, bool is_one_run);

}  // namespace weir::tool
