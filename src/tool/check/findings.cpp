#include "tool/check/findings.hpp"

#include <algorithm>
#include <map>

#include "tool/compare/site_match.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

struct Amounts {
  std::vector<std::uint32_t> sites;
  std::map<std::uint32_t, Counts> counts;

  void add(std::uint32_t site, const Counts& more) {
    sites.push_back(site);
    counts.emplace(site, more);
  }
};

Amounts lost_of(const Context& context) {
  Amounts out;
  for (const Leak& leak : context.leaks.lost.leaks) out.add(leak.site, leak.counts);
  return out;
}

Amounts live_of(const Context& context) {
  Amounts out;
  for (const std::uint32_t site : context.leaks.sites) {
    const Counts& counts = context.site(site).counts;
    Counts live;
    live.live_blocks = counts.live_blocks;
    live.live_bytes = counts.live_bytes;
    live.spread.live_blocks = counts.spread.live_blocks;
    live.spread.live_bytes = counts.spread.live_bytes;
    out.add(site, live);
  }
  return out;
}

bool is_bigger(const Counts& a, const Counts& b) {
  return a.live_bytes != b.live_bytes ? a.live_bytes > b.live_bytes : a.live_blocks > b.live_blocks;
}

Counts sum(const std::vector<std::uint32_t>& sites, const Amounts& amounts) {
  Counts out;
  for (const std::uint32_t site : sites) out += amounts.counts.at(site);
  return out;
}

std::uint32_t biggest(const std::vector<std::uint32_t>& sites, const Amounts& amounts) {
  return *std::max_element(sites.begin(), sites.end(), [&](std::uint32_t a, std::uint32_t b) {
    return is_bigger(amounts.counts.at(b), amounts.counts.at(a));
  });
}

/// What `a` has more than `b`.
Counts excess(const Counts& a, const Counts& b) {
  Counts out;
  out.live_bytes = a.live_bytes - std::min(a.live_bytes, b.live_bytes);
  out.live_blocks = a.live_blocks - std::min(a.live_blocks, b.live_blocks);
  out.spread.live_bytes = a.spread.live_bytes + b.spread.live_bytes;
  out.spread.live_blocks = a.spread.live_blocks + b.spread.live_blocks;
  return out;
}

bool is_some(const Counts& counts) { return (counts.live_bytes | counts.live_blocks) != 0; }

std::string name(const Context& context, std::uint32_t site) {
  const std::vector<Frame> frames = context.frames(site);
  const Frame* head = headline(frames);
  return head == nullptr ? "a call site without a stack" : name_of(*head, context.profile.process.cwd);
}

void sort_in(const SiteGroup& group, const Amounts& now, const Amounts& then, const Context& before,
             std::vector<std::pair<Counts, std::string>>& gone, Measure& out) {
  const Counts ours = sum(group.after, now), theirs = sum(group.before, then);
  if (const Counts more = excess(ours, theirs); is_some(more) && !group.after.empty())
    out.findings.push_back({biggest(group.after, now), more, theirs});
  const Counts less = excess(theirs, ours);
  if (!is_some(less)) return;
  out.gone.counts += less;
  if (group.after.empty())
    gone.emplace_back(less, name(before, biggest(group.before, then)));
  else
    ++out.gone.fewer_sites;
}

void hold_against(const Context& context, const Context& before, const Amounts& now, const Amounts& then,
                  Measure& out) {
  std::vector<std::pair<Counts, std::string>> gone;
  for (const SiteGroup& group : match_sites({before.profile, before.symbols, then.sites},
                                            {context.profile, context.symbols, now.sites}))
    sort_in(group, now, then, before, gone, out);
  std::stable_sort(gone.begin(), gone.end(),
                   [](const auto& a, const auto& b) { return is_bigger(a.first, b.first); });
  for (auto& [counts, shown] : gone) out.gone.names.push_back(std::move(shown));
  out.gone.sites = gone.size();
}

Measure measure(const Context& context, const Context* before, Amounts (*amounts)(const Context&)) {
  Measure out;
  const Amounts now = amounts(context);
  out.all = sum(now.sites, now);
  if (before != nullptr) {
    const Amounts then = amounts(*before);
    out.before = sum(then.sites, then);
    hold_against(context, *before, now, then, out);
  } else {
    for (const std::uint32_t site : now.sites) out.findings.push_back({site, now.counts.at(site), {}});
  }
  std::stable_sort(
      out.findings.begin(), out.findings.end(),
      [](const CheckFinding& a, const CheckFinding& b) { return is_bigger(a.counts, b.counts); });
  for (const CheckFinding& each : out.findings) out.counts += each.counts;
  return out;
}

Counts lost_among(const std::vector<Leaks::Suppressed>& suppressed, const Context& context) {
  Counts out;
  for (const Leaks::Suppressed& each : suppressed) {
    const Judgement::Amount lost = context.site(each.site).verdict.lost();
    Counts more;
    more.live_blocks = lost.blocks;
    more.live_bytes = lost.bytes;
    out += more;
  }
  return out;
}

/// Doubts that matter for the limits: on counts always; others where lost blocks are limited, and there are any whose verdict
/// is missing or may have changed.
void judge(Outcome& out) {
  const bool needs_verdicts = out.lost.limit.has_value() && is_some(out.unknown);
  const bool needs_new_ones =
      out.lost.limit.has_value() && (needs_verdicts || is_some(out.context.leaks.reachable.counts));
  for (const Doubt& each : out.checked.doubts) {
    const bool matters = each.on == DoubtOn::Counts || (each.on == DoubtOn::Verdicts && needs_new_ones) ||
                         (each.on == DoubtOn::Unknown && needs_verdicts);
    if (matters) out.doubts.push_back(each);
  }
  if (out.doubts.empty() && needs_verdicts && !out.checked.has_replaced_inside)
    out.doubts.push_back({"the sum", "some blocks have no verdict", DoubtOn::Unknown});
  out.is_judged = out.doubts.empty();
}

}  // namespace

Outcome find_out(const Checked& checked, const Checked* baseline, const CheckOptions& options,
                 const Context& context, const Context* before) {
  Outcome out{.checked = checked,
              .baseline = baseline,
              .options = options,
              .context = context,
              .before = before,
              .lost = measure(context, before, &lost_of),
              .live = measure(context, before, &live_of),
              .unknown = context.leaks.unknown.counts,
              .suppressed_lost = lost_among(context.leaks.suppressed, context),
              .doubts = {}};
  out.lost.limit = options.max_lost;
  out.live.limit = options.max_live;
  if (!options.max_lost && !options.max_live) out.lost.limit = 0;
  judge(out);
  return out;
}

}  // namespace weir::tool
