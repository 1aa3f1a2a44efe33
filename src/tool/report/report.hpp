// The report: a profile, told in sections, rendered in a format.
//
// What each section says is in section_<name>.cpp, how it looks in format_<name>.cpp; the lists are sections.inc
// and formats.inc.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "tool/growth/growth.hpp"
#include "tool/profile/profile.hpp"
#include "tool/symbolize/symbolize.hpp"

namespace weir::tool {

/// A line of a suppression file: leaks whose stack matches are counted apart.
struct Suppression {
  std::string
      pattern;  ///< '*' stands for anything, '^' and '$' anchor; matched against function, file and module
  std::string rule;  ///< as shown
};

/// LeakSanitizer's syntax: lines "leak:pattern", '#' begins a comment. Throws Error.
[[nodiscard]] std::vector<Suppression> load_suppressions(const std::string& path);

struct ReportOptions {
  std::string format = "text";
  std::string only;                       ///< one section; empty: all
  std::size_t top = 10;                   ///< call sites shown in each list of the text format
  bool show_reachable = false;            ///< text: list what is still reachable, too
  bool show_suppressed = false;           ///< text: list the suppressed leaks too
  std::vector<Suppression> suppressions;  ///< the user's, before the built-in ones
  const Growth* growth = nullptr;         ///< of a process that was watched; its numbers are the profile's
  std::string no_growth;                  ///< why it was not, where the profile does not say it
  std::string schema = "weir-report/1";   ///< of JSON
  Symbolize symbolize = &symbolize_libdw;
  std::size_t width = 100;
  bool unicode = true;
};

/// `format` and `only` must be names of the lists below.
void write_report(const Profile& profile, const ReportOptions& options, std::ostream& out);

/// What changed between the readings: `growth` numbers sites as `after` does. Of one run.
void write_growth(const Growth& growth, const Profile& newest, const ReportOptions& options,
                  std::ostream& out);

/// What changed from one run to another; their sites are matched by frames, be it that the program was built anew.
void write_diff(std::vector<Reading> readings, const Profile& before, const Profile& after,
                const ReportOptions& options, std::ostream& out);

/// What `weir run` prints when the program has ended: a few lines, each ended, with "weir: " in front.
struct SummaryOptions {
  std::string profile_path;
  Symbolize symbolize = &symbolize_libdw;
};
[[nodiscard]] std::string summary(const Profile& profile, const SummaryOptions& options);

/// … and of the command's other processes: one sentence.
struct FamilyTotals {
  std::size_t processes = 0, read = 0;  ///< not all may have been read
  std::size_t by_signal = 0;
  Counts live;
  std::uint64_t highest_peak = 0;
  std::uint32_t highest_pid = 0;
};
[[nodiscard]] std::string family_summary(const FamilyTotals& totals);

[[nodiscard]] std::vector<std::string_view> section_names();
[[nodiscard]] std::vector<std::string_view> format_names();

/// Text from a profile as it may be shown: control characters and broken UTF-8 replaced.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace weir::tool
