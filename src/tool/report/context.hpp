// What every section is given: the profile, the names of its frames, and what the user wants to see.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tool/report/document.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {

/// Site numbers of the leaks, biggest first, told apart by the suppressions.
struct Leaks {
  struct Suppressed {
    std::uint32_t site;
    std::string rule;
  };
  std::vector<std::uint32_t> sites;
  std::vector<Suppressed> suppressed;
  Counts counts, suppressed_counts;  ///< what is live of them
  /// What the program had not freed when something else released it, biggest first; without what the user suppresses.
  std::vector<profile::ReleaseRecord> released;
  Counts released_counts;  ///< as live
};

struct Context {
  const Profile& profile;
  const ReportOptions& options;
  Symbols symbols;
  Leaks leaks;

  [[nodiscard]] const Site& site(std::uint32_t number) const { return profile.sites[number]; }
  [[nodiscard]] std::vector<Frame> frames(std::uint32_t site) const;
};

/// The sites that are this process's own and counted something, weir's left out.
[[nodiscard]] std::vector<std::uint32_t> reported_sites(const Profile& profile);

/// Names the stacks of `sites` and sorts out the leaks among them.
[[nodiscard]] Context make_context(const Profile& profile, const ReportOptions& options,
                                   const std::vector<std::uint32_t>& sites);

#define SECTION(name) Section section_##name(const Context& context);
#include "tool/report/sections.inc"
#undef SECTION

}  // namespace weir::tool
