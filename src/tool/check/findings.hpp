// What counts against the limits: all that is lost, or live, or what of it is more than in the baseline.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tool/check/check.hpp"
#include "tool/report/context.hpp"

namespace weir::tool {

/// A call site, or several that a baseline does not tell apart.
struct CheckFinding {
  std::uint32_t site;  ///< the one with most of it
  Counts counts;       ///< what counts: of a baseline's site the excess
  Counts before;       ///< in the baseline
};

/// One kind of memory (lost, live) against its limit.
struct Measure {
  std::vector<CheckFinding> findings;  ///< biggest first
  Counts counts, all, before;          ///< what counts, what there is, what the baseline has
  struct Gone {
    std::size_t sites = 0, fewer_sites = 0;  ///< with nothing any more; with less
    Counts counts;
    std::vector<std::string> names;  ///< of `sites`, biggest first
  } gone;
  std::optional<std::uint64_t> limit;

  [[nodiscard]] bool is_over() const { return limit && counts.live_bytes > *limit; }
};

/// All that is known when the limits have been looked at.
struct Outcome {
  const Checked& checked;
  const Checked* baseline;
  const CheckOptions& options;
  const Context& context;
  const Context* before;  ///< the baseline's
  Measure lost, live;
  Counts unknown;  ///< without a verdict, behind the suppressions
  Counts suppressed_lost;
  bool is_judged = true;      ///< as far as the limits that were set need it
  std::vector<Doubt> doubts;  ///< why not

  [[nodiscard]] bool is_passed() const {
    return !lost.is_over() && !live.is_over() && (is_judged || options.allow_unknown);
  }
};

/// `before`: null without a baseline.
[[nodiscard]] Outcome find_out(const Checked& checked, const Checked* baseline, const CheckOptions& options,
                               const Context& context, const Context* before);

[[nodiscard]] Section check_section(const Outcome& outcome);

}  // namespace weir::tool
