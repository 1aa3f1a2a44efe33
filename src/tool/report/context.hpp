// What every section is given: the profile, the names of its frames, and what the user wants to see.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tool/report/document.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {

/// What is not freed of a site, as far as one verdict goes. Lost: what nothing points to, or only what is lost.
struct Leak {
  std::uint32_t site;
  Counts counts;  ///< live ones
  Judgement::Amount direct, indirect;
};

/// Those of one verdict, biggest first.
struct LeakList {
  std::vector<Leak> leaks;
  Counts counts;
  Judgement::Amount direct, indirect;

  void add(const Leak& leak);
};

/// What was never freed: told apart by the suppressions, and by what the look through the heap has said. A site is in each
/// list of which it has blocks.
struct Leaks {
  struct Suppressed {
    std::uint32_t site;
    std::string rule;
  };
  std::vector<std::uint32_t> sites;  ///< of all lists, biggest first
  LeakList lost, reachable, unknown;
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

/// The same with names that are known already.
[[nodiscard]] Context make_context(const Profile& profile, const ReportOptions& options,
                                   const std::vector<std::uint32_t>& sites, Symbols symbols);

#define SECTION(name) Section section_##name(const Context& context);
#include "tool/report/sections.inc"
#undef SECTION

}  // namespace weir::tool
