// The processes of a profile: which stand out, and what each program's have together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tool/profile/profile.hpp"
#include "tool/report/document.hpp"

namespace weir::tool {

/// One process beside others of its program.
struct Standing {
  std::uint32_t member;          ///< index into Profile.members
  bool is_live_outlier = false;  ///< much more is live than in most of them
  bool is_peak_outlier = false;  ///< much more was live at its peak
};

/// Those that a signal ended first, then those that stand out, then the others; in each part the most live bytes first, then
/// the highest peak.
[[nodiscard]] std::vector<Standing> standings(const Profile& profile);

/// All processes that ran one executable file.
struct Program {
  std::string exe;
  std::vector<std::uint32_t> members;
  struct InSpace {
    Counts counts;
    std::uint64_t peak_sum = 0, peak_highest = 0;
    double peak_variance = 0;
    std::uint32_t highest_in = 0;  ///< which member had that peak
  } spaces[profile::kSpacesAndImported];
  std::uint32_t exited_ok = 0, exited_otherwise = 0, signalled = 0, killed = 0, running = 0, replaced = 0;
  std::uint32_t outliers = 0;

  [[nodiscard]] const InSpace& in(Space space) const { return spaces[static_cast<std::size_t>(space)]; }
};

/// Most live bytes first, then the highest peak.
[[nodiscard]] std::vector<Program> programs(const Profile& profile);

/// The file's name without its folders; "unknown program".
[[nodiscard]] std::string program_name(const std::string& exe);
/// What was called, with arguments, the program without its folders.
[[nodiscard]] std::string command_line(const Process& process, std::size_t longest);
/// ISO 8601 in UTC, or nothing for a time that no clock showed.
[[nodiscard]] std::optional<std::string> started_at(const Process& process);
/// end, exit_code, signal.
void put_ending(Sink& sink, const Process& process);
/// In how many processes, and where most of it is live; nothing for a profile of one.
[[nodiscard]] std::string spread_words(const Site& site, const Profile& profile);
/// The same as data.
void put_spread(Sink& sink, const Site& site, const Profile& profile);

}  // namespace weir::tool
