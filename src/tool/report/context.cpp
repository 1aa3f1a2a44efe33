// Gathering what the sections share.
#include "tool/report/context.hpp"

#include <algorithm>

#include "tool/report/suppressions.hpp"

namespace weir::tool {
namespace {

/// Memory that a program can lose: not that of other processes, nor variables of modules.
bool can_leak(const Site& site) { return site.space != Space::Imported && site.kind != MemoryKind::Global; }

void sort_out_releases(Context& context) {
  Leaks& leaks = context.leaks;
  for (const profile::ReleaseRecord& record : context.profile.releases) {
    if (!can_leak(context.site(record.site))) continue;
    if (user_rule(context.options.suppressions, context.frames(record.site))) continue;
    leaks.released.push_back(record);
    Counts more;
    more.live_bytes = record.bytes;
    more.live_blocks = record.blocks;
    leaks.released_counts += more;
  }
  std::stable_sort(leaks.released.begin(), leaks.released.end(),
                   [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
}

void sort_out_leaks(Context& context, const std::vector<std::uint32_t>& sites) {
  Leaks& leaks = context.leaks;
  for (const std::uint32_t number : sites) {
    const Counts& counts = context.site(number).counts;
    if ((counts.live_blocks == 0 && counts.live_bytes == 0) || !can_leak(context.site(number))) continue;
    const std::vector<Frame> frames = context.frames(number);
    auto rule = user_rule(context.options.suppressions, frames);
    if (!rule && context.site(number).space == Space::Host) rule = builtin_rule(frames);
    if (rule) {
      leaks.suppressed.push_back({number, std::move(*rule)});
      leaks.suppressed_counts += counts;
    } else {
      leaks.sites.push_back(number);
      leaks.counts += counts;
    }
  }
  const auto bigger = [&](std::uint32_t a, std::uint32_t b) {
    const Counts &one = context.site(a).counts, &other = context.site(b).counts;
    return one.live_bytes != other.live_bytes ? one.live_bytes > other.live_bytes
                                              : one.live_blocks > other.live_blocks;
  };
  std::stable_sort(leaks.sites.begin(), leaks.sites.end(), bigger);
  std::stable_sort(leaks.suppressed.begin(), leaks.suppressed.end(),
                   [&](const auto& a, const auto& b) { return bigger(a.site, b.site); });
}

}  // namespace

std::vector<Frame> Context::frames(std::uint32_t number) const {
  // The tree may know frames that were seen on the way, but are none of the site's.
  const bool is_cut = (site(number).flags & profile::kSiteTruncated) != 0 && profile.stack_depth != 0;
  return symbols.stack(profile, site(number).node, is_cut ? profile.stack_depth : profile::kMaxFrames);
}

std::vector<std::uint32_t> reported_sites(const Profile& profile) {
  std::vector<std::uint32_t> out;
  for (auto i = static_cast<std::uint32_t>(profile::FixedSite::First); i < profile.sites.size(); ++i) {
    const Site& site = profile.sites[i];
    if (site.exists && !site.inherited && (site.counts.allocated_blocks | site.counts.allocated_bytes) != 0)
      out.push_back(i);
  }
  return out;
}

Context make_context(const Profile& profile, const ReportOptions& options,
                     const std::vector<std::uint32_t>& sites) {
  std::vector<std::uint32_t> leaves;
  for (const std::uint32_t number : sites) leaves.push_back(profile.sites[number].node);
  for (const profile::ErrorRecord& error : profile.errors)
    for (const std::uint32_t number : {error.site, error.allocated_site, error.freed_site})
      if (number != 0) leaves.push_back(profile.sites[number].node);
  for (const profile::ReleaseRecord& record : profile.releases)
    for (const std::uint32_t number : {record.site, record.released_site})
      leaves.push_back(profile.sites[number].node);
  for (const profile::OutOfMemoryRecord& record : profile.out_of_memory) {
    if (record.site != 0) leaves.push_back(profile.sites[record.site].node);
    for (std::uint16_t i = 0; i != record.holder_count; ++i)
      leaves.push_back(profile.sites[record.holders[i].site].node);
  }
  const std::vector<std::uint32_t> nodes = nodes_of_stacks(profile, leaves);
  Context context{
      .profile = profile, .options = options, .symbols = options.symbolize(profile, nodes), .leaks = {}};
  sort_out_leaks(context, sites);
  sort_out_releases(context);
  return context;
}

}  // namespace weir::tool
