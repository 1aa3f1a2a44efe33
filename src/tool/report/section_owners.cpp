// CUDA memory by the library that asked for it.
#include "tool/report/owners.hpp"

#include <fmt/format.h>

#include "tool/report/context.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

void put_owned(Sink& sink, const Owned& owned) {
  sink.begin_object();
  sink.member("owner", owned.owner);
  sink.member("space", space_name(owned.space));
  sink.list("modules", [&] {
    for (const std::string& path : owned.modules) sink.put(path);
  });
  sink.member("live_bytes", owned.counts.live_bytes);
  sink.member("live_blocks", owned.counts.live_blocks);
  sink.member("at_peak_bytes", owned.at_peak_bytes);
  sink.member("allocated_bytes", owned.counts.allocated_bytes);
  sink.member("allocated_blocks", owned.counts.allocated_blocks);
  sink.end_object();
}

/// At most so many of each space; behind them one that stands for the others, as the text shows it.
std::vector<Owned> longest_part(const std::vector<Owned>& all, std::size_t most) {
  std::vector<Owned> out;
  std::size_t of_space = 0, others = 0;
  for (const Owned& owned : all) {
    const bool is_next = out.empty() || out.back().space != owned.space;
    of_space = is_next ? 1 : of_space + 1;
    if (of_space <= most) {
      out.push_back(owned);
      continue;
    }
    others = of_space == most + 1 ? 1 : others + 1;
    if (others == 1)
      out.push_back({.owner = {}, .space = owned.space, .modules = {}, .counts = {}, .at_peak_bytes = 0});
    out.back().owner = counted(others, "other");
    out.back().counts += owned.counts;
    out.back().at_peak_bytes += owned.at_peak_bytes;
  }
  return out;
}

Table table_of(const std::vector<Owned>& all, const Profile& profile) {
  using Align = Table::Column::Align;
  Table table{{{"memory", Align::Left},
               {"owner", Align::Left},
               {"at the peak"},
               {"share"},
               {"live"},
               {"live blocks"},
               {"allocated"},
               {"allocated blocks"}},
              {}};
  Space before = Space::Host;
  for (const Owned& owned : all) {
    const std::uint64_t peak = profile.space(owned.space).peak_bytes;
    table.rows.push_back({owned.space == before ? "" : std::string{space_name(owned.space)},
                          printable(owned.owner), human_bytes(owned.at_peak_bytes),
                          percent(owned.at_peak_bytes, peak), human_bytes(owned.counts.live_bytes),
                          exact(owned.counts.live_blocks), human_bytes(owned.counts.allocated_bytes),
                          exact(owned.counts.allocated_blocks)});
    before = owned.space;
  }
  return table;
}

}  // namespace

Section section_owners(const Context& context) {
  const Profile& profile = context.profile;
  std::vector<Owned> all = owned_memory(profile);
  Section out;
  if (!all.empty()) {
    out.title = "CUDA memory by library";
    out.add(table_of(longest_part(all, context.options.top), profile));
    out.say(
        "The owner is whoever called the driver or CUDA's runtime; at the peak: when that memory's total was "
        "highest" +
        std::string{profile.is_merged() ? " in each process." : "."});
  }
  out.data = [all = std::move(all)](Sink& sink) {
    sink.begin_list();
    for (const Owned& owned : all) put_owned(sink, owned);
    sink.end_list();
  };
  return out;
}

}  // namespace weir::tool
