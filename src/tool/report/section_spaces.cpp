// The totals: how much memory, of which kind, now, at the peak and in all.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

constexpr Space kAll[] = {Space::Host, Space::Device, Space::Pinned, Space::Managed, Space::Imported};

/// The highest peak that a single process had.
struct Highest {
  std::uint64_t bytes = 0;
  std::optional<std::uint32_t> pid;
};
Highest highest_of(const Profile& profile, Space which) {
  Highest out;
  for (const Member& member : profile.members) {
    const std::uint64_t bytes = member.spaces[static_cast<std::size_t>(which)].peak_bytes;
    if (bytes > out.bytes) out = {bytes, member.process.pid};
  }
  return out;
}

void put_space(Sink& sink, const Profile& profile, Space which) {
  const SpaceTotals& space = profile.space(which);
  const Counts &counts = space.counts, &inherited = space.inherited;
  const auto put = [&](std::string_view name, std::uint64_t value, double variance) {
    put_estimate(sink, name, value, variance, profile);
  };
  sink.begin_object();
  put("live_bytes", counts.live_bytes, counts.spread.live_bytes);
  put("live_blocks", counts.live_blocks, counts.spread.live_blocks);
  put("peak_bytes", space.peak_bytes, space.peak_variance);
  sink.member("peak_error_bytes", space.peak_error_bytes);
  const bool is_one = !profile.is_merged();
  sink.member("peak_at_s",
              is_one ? std::optional{static_cast<double>(space.peak_at_ns) / 1e9} : std::nullopt);
  const Highest highest = highest_of(profile, which);
  sink.member("highest_peak_bytes", highest.bytes);
  sink.member("highest_peak_pid", highest.pid);
  put("allocated_bytes", counts.allocated_bytes, counts.spread.allocated_bytes);
  put("allocated_blocks", counts.allocated_blocks, counts.spread.allocated_blocks);
  put("freed_bytes", counts.freed_bytes, counts.spread.freed_bytes);
  put("freed_blocks", counts.freed_blocks, counts.spread.freed_blocks);
  put("temporary_blocks", counts.temporary_blocks, counts.spread.temporary_blocks);
  put("inherited_live_bytes", inherited.live_bytes, inherited.spread.live_bytes);
  put("inherited_live_blocks", inherited.live_blocks, inherited.spread.live_blocks);
  sink.end_object();
}

bool has_registered(const Profile& profile) {
  return std::any_of(profile.sites.begin(), profile.sites.end(), [](const Site& site) {
    return site.kind == MemoryKind::Registered && site.counts.allocated_blocks != 0;
  });
}

std::string peak_text(const SpaceTotals& space) {
  std::string out = human_bytes(space.peak_bytes);
  if (space.peak_error_bytes != 0) out += fmt::format(" (+{} at most)", human_bytes(space.peak_error_bytes));
  return out;
}

}  // namespace

Section section_spaces(const Context& context) {
  const Profile& profile = context.profile;
  Section out;
  out.title = "Memory";
  const bool is_one = !profile.is_merged();
  Table table{{{"", Table::Column::Align::Left},
               {is_one ? "peak" : "sum of peaks"},
               {is_one ? "at" : "highest peak"},
               {"live"},
               {"live blocks"},
               {"allocated"},
               {"allocated blocks"},
               {"short-lived"}},
              {}};
  for (const Space space : kAll) {
    const SpaceTotals& totals = profile.spaces[static_cast<std::size_t>(space)];
    const Counts& counts = totals.counts;
    if (space != Space::Host && counts.allocated_blocks == 0) continue;
    table.rows.push_back(
        {std::string{space_name(space)}, peak_text(totals),
         is_one ? human_seconds(totals.peak_at_ns) : human_bytes(highest_of(profile, space).bytes),
         human_bytes(counts.live_bytes), exact(counts.live_blocks), human_bytes(counts.allocated_bytes),
         exact(counts.allocated_blocks), percent(counts.temporary_blocks, counts.allocated_blocks)});
  }
  if (profile.is_sampled()) {
    const SpaceTotals& host = profile.spaces[0];
    const Spread& spread = host.counts.spread;
    const auto bytes = [](double variance) { return "± " + human_bytes(standard_error(variance)); };
    const auto blocks = [](double variance) { return "± " + exact(standard_error(variance)); };
    table.rows.insert(table.rows.begin() + 1, {"", bytes(host.peak_variance), "", bytes(spread.live_bytes),
                                               blocks(spread.live_blocks), bytes(spread.allocated_bytes),
                                               blocks(spread.allocated_blocks), ""});
  }
  out.add(std::move(table));
  if (!is_one)
    out.say(
        "Each process had its peak at a moment of its own: together they never held more than the sum of "
        "peaks. The "
        "highest peak is that of a single process.");
  if (profile.space(Space::Imported).counts.allocated_blocks != 0)
    out.say("Imported memory is that of other processes or interfaces, mapped here: it is in no other line.");
  if (has_registered(profile))
    out.say(
        "Registered memory is the program's own: it is in the line of pinned memory, and in that of host "
        "memory if it "
        "was allocated there.");
  const Counts& inherited = profile.spaces[0].inherited;
  if (inherited.live_blocks != 0)
    out.say(fmt::format("Not counted: {} in {} that {}.",
                        human_bytes(inherited.live_bytes, inherited.spread.live_bytes, profile),
                        counted(inherited.live_blocks, inherited.spread.live_blocks, "block", profile),
                        is_one ? "the parent had allocated before this process was forked"
                               : "forked processes had from their parents, and so have several times"));
  out.data = [&profile](Sink& sink) {
    sink.begin_object();
    for (const Space space : kAll) {
      sink.key(space_name(space));
      put_space(sink, profile, space);
    }
    sink.end_object();
  };
  return out;
}

}  // namespace weir::tool
