// From the processes to the verdict.
#include "tool/check/check.hpp"

#include <ostream>

#include "tool/check/findings.hpp"
#include "tool/report/format.hpp"

namespace weir::tool {
namespace {

/// Only these need names.
std::vector<std::uint32_t> live_sites(const Profile& profile) {
  std::vector<std::uint32_t> out = reported_sites(profile);
  std::erase_if(out, [&](std::uint32_t number) {
    const Counts& counts = profile.sites[number].counts;
    return counts.live_blocks == 0 && counts.live_bytes == 0;
  });
  return out;
}

Context context_of(const Checked& subject, const CheckOptions& options) {
  const std::vector<std::uint32_t> sites = live_sites(subject.profile);
  return subject.symbols ? make_context(subject.profile, options.report, sites, *subject.symbols)
                         : make_context(subject.profile, options.report, sites);
}

}  // namespace

bool write_check(const Checked& checked, const Checked* baseline, const CheckOptions& options,
                 std::ostream& out) {
  const Context context = context_of(checked, options);
  std::optional<Context> before;
  if (baseline != nullptr) before.emplace(context_of(*baseline, options));
  const Outcome outcome = find_out(checked, baseline, options, context, before ? &*before : nullptr);
  const std::vector<NamedSection> sections{{"check", check_section(outcome)}};
  if (options.report.format == "json")
    write_json("weir-check/1", sections, out);
  else
    format_text(sections, options.report, out);
  return outcome.is_passed();
}

}  // namespace weir::tool
