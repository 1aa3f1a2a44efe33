// Taking in the profiles, and noting of each what makes it less sure.
#include <fmt/format.h>

#include <algorithm>

#include "tool/check/check.hpp"
#include "tool/merge/merge.hpp"
#include "tool/report/context.hpp"
#include "tool/report/family.hpp"
#include "tool/report/scan.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

std::string who(const Process& process) {
  return fmt::format("{} (pid {})", program_name(process.exe), process.pid);
}

Counts live_of(const Member& member) {
  Counts out;
  for (const SpaceTotals& space : member.spaces) out += space.counts;
  return out;
}

Judgement::Amount lost_in(const Profile& profile) {
  Counts sum;
  for (const std::uint32_t number : reported_sites(profile)) {
    const Judgement::Amount lost = profile.sites[number].verdict.lost();
    Counts more;
    more.live_blocks = lost.blocks;
    more.live_bytes = lost.bytes;
    sum += more;
  }
  return {sum.live_blocks, sum.live_bytes};
}

/// Whether a live block has no verdict.
bool is_any_unjudged(const Profile& profile) {
  const std::vector<std::uint32_t> sites = reported_sites(profile);
  return std::any_of(sites.begin(), sites.end(), [&](std::uint32_t number) {
    const Site& site = profile.sites[number];
    const Judgement::Amount lost = site.verdict.lost(), &reachable = site.verdict.reachable;
    return site.counts.live_blocks > lost.blocks + reachable.blocks ||
           site.counts.live_bytes > lost.bytes + reachable.bytes;
  });
}

std::string why_unjudged(const Profile& profile, std::size_t replaced) {
  if (!profile.is_merged())
    return why_not_judged(profile).value_or("the look through the heap says nothing of some blocks");
  const std::uint32_t done = profile.scan ? profile.scan->times(profile::ScanResult::Done) : 0;
  const std::size_t ended = profile.members.size() - replaced;
  if (done >= ended) return replaced != 0 ? "" : "the looks through the heaps say nothing of some blocks";
  return fmt::format("the heaps of {} of its {} processes were not looked through", exact(ended - done),
                     exact(ended));
}

}  // namespace

Checked::Checked() : ended_{std::make_unique<Merger>()}, exec_{std::make_unique<Merger>()} {}
Checked::~Checked() = default;

bool Checked::add(const Profile& more, const std::string& file) {
  const auto inside = static_cast<std::size_t>(
      std::count_if(more.members.begin(), more.members.end(),
                    [](const Member& each) { return each.process.ending == Ending::Replaced; }));
  const bool is_exec = inside == more.members.size();
  if (!(is_exec ? exec_ : ended_)->add(more)) return false;
  for (const Member& each : more.members) {
    processes.push_back({each.process, file, live_of(each), {}});
    if (!more.is_merged() && more.record_mode == 0 && !is_any_unjudged(more))
      processes.back().lost = lost_in(more);
    if (is_exec) replaced_live += live_of(each);
  }
  if (is_exec) {
    replaced += inside;
    return true;
  }
  has_replaced_inside = has_replaced_inside || inside != 0;
  const std::string name = more.is_merged() ? printable(file) : who(more.process);
  const auto doubt = [&](std::string why, DoubtOn on) { doubts.push_back({name, std::move(why), on}); };
  const auto still_runs = [](const Member& each) { return each.process.ending == Ending::Running; };
  if (std::any_of(more.members.begin(), more.members.end(), still_runs))
    doubt("it still runs, and may yet lose what it has or gets", DoubtOn::Counts);
  if (more.record_mode == 2) return doubt("recording was off", DoubtOn::Counts), true;
  if (more.is_sampled())
    return doubt(
               "recorded by samples, so that nothing could be looked through, and all numbers are estimates",
               DoubtOn::Counts),
           true;
  if (const std::uint64_t dropped = records_dropped(more.losses); dropped != 0)
    doubt(fmt::format("{} found no room in the profile", counted(dropped, "record")), DoubtOn::Counts);
  if (const std::uint64_t unseen = more.losses.children_unrecorded; unseen != 0)
    doubt(fmt::format("{} of its children could not have a profile: a seccomp filter forbids it",
                      exact(unseen)),
          DoubtOn::Counts);
  if (!more.damage.empty())
    doubt("the profile is damaged: " + printable(more.damage.front()), DoubtOn::Counts);
  std::optional<std::string> outdated = why_outdated(more);
  const bool is_told = outdated.has_value() && !more.is_merged();
  if (outdated)
    doubt(std::move(*outdated) + ": what counts as reachable may be lost by now", DoubtOn::Verdicts);
  if (is_any_unjudged(more) && !is_told)
    if (std::string why = why_unjudged(more, inside); !why.empty()) doubt(std::move(why), DoubtOn::Unknown);
  return true;
}

void Checked::finish() {
  if (ended_->processes() != 0) {
    profile = ended_->finish();
    return;
  }
  profile = exec_->finish();
  doubts.push_back({counted(replaced, "process"),
                    "replaced by another program (exec) of which there is no profile", DoubtOn::Unknown});
  replaced = 0;
}

}  // namespace weir::tool
