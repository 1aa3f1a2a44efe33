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

std::uint64_t minus(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }

Counts live(const Judgement::Amount& amount) {
  Counts out;
  out.live_blocks = amount.blocks;
  out.live_bytes = amount.bytes;
  return out;
}

/// What each verdict has of a site. What was judged is exact: the whole error is that of the rest.
void judge(Leaks& leaks, std::uint32_t number, const Site& site) {
  const Judgement& verdict = site.verdict;
  const Judgement::Amount lost = verdict.lost();
  if ((lost.blocks | lost.bytes) != 0) leaks.lost.add({number, live(lost), verdict.direct, verdict.indirect});
  if ((verdict.reachable.blocks | verdict.reachable.bytes) != 0)
    leaks.reachable.add({number, live(verdict.reachable), {}, {}});
  Counts rest = live({minus(site.counts.live_blocks, lost.blocks + verdict.reachable.blocks),
                      minus(site.counts.live_bytes, lost.bytes + verdict.reachable.bytes)});
  rest.spread.live_blocks = site.counts.spread.live_blocks;
  rest.spread.live_bytes = site.counts.spread.live_bytes;
  if ((rest.live_blocks | rest.live_bytes) != 0) leaks.unknown.add({number, rest, {}, {}});
}

/// Biggest first.
void sort(LeakList& list) {
  std::stable_sort(list.leaks.begin(), list.leaks.end(), [](const Leak& a, const Leak& b) {
    const Counts &one = a.counts, &other = b.counts;
    return one.live_bytes != other.live_bytes ? one.live_bytes > other.live_bytes
                                              : one.live_blocks > other.live_blocks;
  });
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
      judge(leaks, number, context.site(number));
    }
  }
  const auto bigger = [&](std::uint32_t a, std::uint32_t b) {
    const Counts &one = context.site(a).counts, &other = context.site(b).counts;
    return one.live_bytes != other.live_bytes ? one.live_bytes > other.live_bytes
                                              : one.live_blocks > other.live_blocks;
  };
  std::stable_sort(leaks.sites.begin(), leaks.sites.end(), bigger);
  for (LeakList* list : {&leaks.lost, &leaks.reachable, &leaks.unknown}) sort(*list);
  std::stable_sort(leaks.suppressed.begin(), leaks.suppressed.end(),
                   [&](const auto& a, const auto& b) { return bigger(a.site, b.site); });
}

}  // namespace

void LeakList::add(const Leak& leak) {
  leaks.push_back(leak);
  counts += leak.counts;
  direct.blocks += leak.direct.blocks;
  direct.bytes += leak.direct.bytes;
  indirect.blocks += leak.indirect.blocks;
  indirect.bytes += leak.indirect.bytes;
}

std::vector<Frame> Context::frames(std::uint32_t number) const {
  return symbols.stack_of(profile, site(number));
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
  return make_context(profile, options, sites, options.symbolize(profile, nodes));
}

Context make_context(const Profile& profile, const ReportOptions& options,
                     const std::vector<std::uint32_t>& sites, Symbols symbols) {
  Context context{.profile = profile, .options = options, .symbols = std::move(symbols), .leaks = {}};
  sort_out_leaks(context, sites);
  sort_out_releases(context);
  return context;
}

}  // namespace weir::tool
