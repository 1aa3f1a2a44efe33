// The programs of a family: how often each ran, and what its processes held together.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/family.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

constexpr Space kAll[] = {Space::Host, Space::Device, Space::Pinned, Space::Managed, Space::Imported};

void put_space(Sink& sink, const Program& program, Space space, const Profile& profile) {
  const Program::InSpace& in = program.in(space);
  const auto put = [&](std::string_view name, std::uint64_t value, double variance) {
    put_estimate(sink, name, value, variance, profile);
  };
  sink.object(space_name(space), [&] {
    put("live_bytes", in.counts.live_bytes, in.counts.spread.live_bytes);
    put("live_blocks", in.counts.live_blocks, in.counts.spread.live_blocks);
    put("peak_sum_bytes", in.peak_sum, in.peak_variance);
    sink.member("peak_mean_bytes", in.peak_sum / program.members.size());
    sink.member("peak_highest_bytes", in.peak_highest);
    sink.member("peak_highest_pid", in.peak_highest == 0
                                        ? std::nullopt
                                        : std::optional{profile.members[in.highest_in].process.pid});
    put("allocated_bytes", in.counts.allocated_bytes, in.counts.spread.allocated_bytes);
    put("allocated_blocks", in.counts.allocated_blocks, in.counts.spread.allocated_blocks);
  });
}

void put_program(Sink& sink, const Program& program, const Profile& profile) {
  sink.begin_object();
  sink.member("exe", program.exe.empty() ? std::nullopt : std::optional{program.exe});
  sink.member("processes", program.members.size());
  sink.member("exited_ok", program.exited_ok);
  sink.member("exited_otherwise", program.exited_otherwise);
  sink.member("signalled", program.signalled);
  sink.member("killed", program.killed);
  sink.member("running", program.running);
  sink.member("replaced_by_exec", program.replaced);
  sink.member("outliers", program.outliers);
  sink.object("spaces", [&] {
    for (const Space space : kAll) put_space(sink, program, space, profile);
  });
  sink.end_object();
}

Table table_of(const std::vector<Program>& all, std::size_t top, const Profile& profile) {
  using Align = Table::Column::Align;
  const bool has_device = profile.space(Space::Device).counts.allocated_blocks != 0;
  Table table{{{"program", Align::Left},
               {"processes"},
               {"live"},
               {"in blocks"},
               {"highest peak"},
               {"mean peak"},
               {"allocated"}},
              {}};
  if (has_device) table.columns.insert(table.columns.end(), {{"device live"}, {"device peak"}});
  for (std::size_t i = 0; i != std::min(all.size(), top); ++i) {
    const Program& program = all[i];
    const Program::InSpace& host = program.in(Space::Host);
    table.rows.push_back({program_name(program.exe), exact(program.members.size()),
                          human_bytes(host.counts.live_bytes), exact(host.counts.live_blocks),
                          human_bytes(host.peak_highest), human_bytes(host.peak_sum / program.members.size()),
                          human_bytes(host.counts.allocated_bytes)});
    if (!has_device) continue;
    const Program::InSpace& device = program.in(Space::Device);
    table.rows.back().push_back(human_bytes(device.counts.live_bytes));
    table.rows.back().push_back(human_bytes(device.peak_highest));
  }
  return table;
}

}  // namespace

Section section_programs(const Context& context) {
  const Profile& profile = context.profile;
  std::vector<Program> all = programs(profile);
  Section out;
  if (profile.is_merged()) {
    const std::size_t top = std::max<std::size_t>(context.options.top, 1);
    out.title = "Programs";
    out.add(table_of(all, top, profile));
    if (all.size() > top) out.say(fmt::format("... and {}.", counted(all.size() - top, "more program")));
  }
  out.data = [all = std::move(all), &profile](Sink& sink) {
    sink.begin_list();
    for (const Program& program : all) put_program(sink, program, profile);
    sink.end_list();
  };
  return out;
}

}  // namespace weir::tool
