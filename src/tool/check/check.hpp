// `weir check`: whether what programs lost, or held at their ends, is within limits.
//
// What cannot be judged never passes for nothing: it is told, and fails the check unless it was allowed.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tool/profile/profile.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {

class Merger;

/// What of it is unsure.
enum class DoubtOn : std::uint8_t {
  Counts,    ///< all numbers
  Verdicts,  ///< whether what counts as reachable still is
  Unknown,   ///< whether blocks without a verdict are lost
};

/// Why a part of what is known is unsure.
struct Doubt {
  std::string who;  ///< the process, or the file
  std::string why;
  DoubtOn on;
};

/// The processes that are checked together, or those of the baseline; profiles are taken in one by one. A process that was
/// replaced by exec is left out where another one ended: its memory went with it.
class Checked {
 public:
  Checked();
  ~Checked();
  Checked(const Checked&) = delete;
  Checked& operator=(const Checked&) = delete;

  /// False: one of its processes is in already, and nothing was added.
  [[nodiscard]] bool add(const Profile& profile, const std::string& file);
  /// Once, behind the last one; at least one was added.
  void finish();

  struct Row {
    Process process;
    std::string file;
    Counts live;
    std::optional<Judgement::Amount> lost;  ///< before suppressions; none: not known, or not of all blocks
  };

  std::optional<Symbols> symbols;  ///< names that came with it; none: the program's files are asked
  Profile profile;                 ///< sums over all that are not left out
  std::vector<Row> processes;
  std::vector<Doubt> doubts;
  std::size_t replaced = 0;
  Counts replaced_live;
  bool has_replaced_inside = false;  ///< in a merged profile, where they cannot be left out

 private:
  std::unique_ptr<Merger> ended_, exec_;
};

/// Whether a file may be a report in JSON.
[[nodiscard]] bool is_report(const std::string& path);
/// Makes `into`, instead of profiles, what `weir report --format json` says of leaks. Throws Error.
void read_report(const std::string& path, Checked& into);

struct CheckOptions {
  std::optional<std::uint64_t> max_lost, max_live;  ///< bytes; with neither, nothing may be lost
  bool allow_unknown = false;
  ReportOptions report;  ///< format, top, suppressions, names
};

/// Writes what was found. True: within the limits. With a baseline only what is more than there counts.
[[nodiscard]] bool write_check(const Checked& checked, const Checked* baseline, const CheckOptions& options,
                               std::ostream& out);

}  // namespace weir::tool
