// The totals: how much memory, of which kind, now, at the peak and in all.
#include <fmt/format.h>

#include "tool/report/context.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

constexpr Space kAll[] = {Space::Host, Space::Device, Space::Pinned, Space::Managed};

void put_space(Sink& sink, const SpaceTotals& space) {
  sink.begin_object();
  sink.member("live_bytes", space.counts.live_bytes);
  sink.member("live_blocks", space.counts.live_blocks);
  sink.member("peak_bytes", space.peak_bytes);
  sink.member("peak_error_bytes", space.peak_error_bytes);
  sink.member("peak_at_s", static_cast<double>(space.peak_at_ns) / 1e9);
  sink.member("allocated_bytes", space.counts.allocated_bytes);
  sink.member("allocated_blocks", space.counts.allocated_blocks);
  sink.member("freed_bytes", space.counts.freed_bytes);
  sink.member("freed_blocks", space.counts.freed_blocks);
  sink.member("temporary_blocks", space.counts.temporary_blocks);
  sink.member("inherited_live_bytes", space.inherited.live_bytes);
  sink.member("inherited_live_blocks", space.inherited.live_blocks);
  sink.end_object();
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
  Table table{{{"", Table::Column::Align::Left},
               {"peak"},
               {"at"},
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
    table.rows.push_back({std::string{space_name(space)}, peak_text(totals), human_seconds(totals.peak_at_ns),
                          human_bytes(counts.live_bytes), exact(counts.live_blocks),
                          human_bytes(counts.allocated_bytes), exact(counts.allocated_blocks),
                          percent(counts.temporary_blocks, counts.allocated_blocks)});
  }
  out.add(std::move(table));
  const Counts& inherited = profile.spaces[0].inherited;
  if (inherited.live_blocks != 0)
    out.say(fmt::format("Not counted: {} in {} that the parent had allocated before this process was forked.",
                        human_bytes(inherited.live_bytes), counted(inherited.live_blocks, "block")));
  out.data = [&profile](Sink& sink) {
    sink.begin_object();
    for (const Space space : kAll) {
      sink.key(space_name(space));
      put_space(sink, profile.spaces[static_cast<std::size_t>(space)]);
    }
    sink.end_object();
  };
  return out;
}

}  // namespace weir::tool
