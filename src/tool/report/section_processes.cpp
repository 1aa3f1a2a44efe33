// The processes of a family: first what a person should look at, then those that hold most.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/family.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

constexpr Space kAll[] = {Space::Host, Space::Device, Space::Pinned, Space::Managed, Space::Imported};

void put_space(Sink& sink, const SpaceTotals& space, const Profile& profile) {
  const Counts& counts = space.counts;
  const auto put = [&](std::string_view name, std::uint64_t value, double variance) {
    put_estimate(sink, name, value, variance, profile);
  };
  sink.begin_object();
  put("live_bytes", counts.live_bytes, counts.spread.live_bytes);
  put("live_blocks", counts.live_blocks, counts.spread.live_blocks);
  put("peak_bytes", space.peak_bytes, space.peak_variance);
  sink.member("peak_error_bytes", space.peak_error_bytes);
  put("allocated_bytes", counts.allocated_bytes, counts.spread.allocated_bytes);
  put("allocated_blocks", counts.allocated_blocks, counts.spread.allocated_blocks);
  sink.end_object();
}

/// Seconds from the first start of all.
std::optional<double> start_of_all(const Process& process, const Profile& profile) {
  const std::uint64_t start = start_of(process), first = start_of(profile.process);
  if (start == 0 || first == 0) return std::nullopt;
  return static_cast<double>(start - std::min(start, first)) / 1e9;
}

void put_process(Sink& sink, const Standing& standing, const Profile& profile) {
  const Member& member = profile.members[standing.member];
  const Process& process = member.process;
  sink.begin_object();
  sink.member("pid", process.pid);
  sink.member("parent_pid", process.parent_pid);
  sink.member("exe", process.exe.empty() ? std::nullopt : std::optional{process.exe});
  sink.list("args", [&] {
    for (const std::string& arg : process.args) sink.put(arg);
  });
  sink.member("args_cut", process.args_cut);
  sink.member("cwd", process.cwd.empty() ? std::nullopt : std::optional{process.cwd});
  sink.member("started", started_at(process));
  sink.member("start_s", start_of_all(process, profile));
  sink.member("duration_s", static_cast<double>(process.duration_ns) / 1e9);
  put_ending(sink, process);
  sink.member("replaced_by_exec", process.ending == Ending::Replaced);
  constexpr std::string_view kModes[] = {"exact", "sampled", "off"};
  sink.key("record");
  member.record_mode < std::size(kModes) ? sink.put(kModes[member.record_mode]) : sink.null();
  sink.object("spaces", [&] {
    for (const Space space : kAll) {
      sink.key(space_name(space));
      put_space(sink, member.spaces[static_cast<std::size_t>(space)], profile);
    }
  });
  sink.member("live_outlier", standing.is_live_outlier);
  sink.member("peak_outlier", standing.is_peak_outlier);
  sink.member("errors", member.errors);
  sink.member("out_of_memory", member.out_of_memory);
  sink.member("warnings", member.warnings);
  sink.member("records_dropped", member.lost);
  sink.member("profile", member.profile);
  sink.end_object();
}

std::string end_words(const Process& process) {
  switch (process.ending) {
    case Ending::Running: return "running";
    case Ending::Exited: return fmt::format("exit {}", process.end_value);
    case Ending::Signalled: return fmt::format("signal {}", process.end_value);
    case Ending::Killed: return "killed";
    case Ending::Replaced: return "exec";
    case Ending::Unknown: return "unknown";
    case Ending::Several: break;
  }
  return {};
}

/// Why a person should look at this one.
std::string remarks(const Standing& standing, const Member& member) {
  std::vector<std::string> out;
  if (standing.is_live_outlier) out.emplace_back("much live");
  if (standing.is_peak_outlier) out.emplace_back("high peak");
  if (member.errors != 0) out.push_back(counted(member.errors, "misuse"));
  if (member.out_of_memory != 0) out.emplace_back("out of memory");
  if (member.lost != 0) out.emplace_back("incomplete");
  if (member.warnings != 0) out.push_back(counted(member.warnings, "warning"));
  return fmt::format("{}", fmt::join(out, ", "));
}

Table table_of(const std::vector<Standing>& shown, const Profile& profile) {
  using Align = Table::Column::Align;
  constexpr std::size_t kCommand = 400;
  const bool has_device = profile.space(Space::Device).counts.allocated_blocks != 0;
  Table table{
      {{"pid"}, {"command", Align::Left}, {"end", Align::Left}, {"ran"}, {"live"}, {"peak"}, {"allocated"}},
      {}};
  if (has_device) table.columns.insert(table.columns.end(), {{"device live"}, {"device peak"}});
  table.columns.push_back({"", Align::Left});
  for (const Standing& each : shown) {
    const Member& member = profile.members[each.member];
    const SpaceTotals &host = member.spaces[0], &device = member.spaces[1];
    std::vector<std::string> row{fmt::format("{}", member.process.pid),
                                 command_line(member.process, kCommand),
                                 end_words(member.process),
                                 human_seconds(member.process.duration_ns),
                                 human_bytes(host.counts.live_bytes),
                                 human_bytes(host.peak_bytes),
                                 human_bytes(host.counts.allocated_bytes)};
    if (has_device) {
      row.push_back(human_bytes(device.counts.live_bytes));
      row.push_back(human_bytes(device.peak_bytes));
    }
    row.push_back(remarks(each, member));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::size_t outliers_in(const std::vector<Standing>& all) {
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const Standing& each) {
    return each.is_live_outlier || each.is_peak_outlier;
  }));
}

void people(const std::vector<Standing>& all, const Context& context, Section& out) {
  const std::size_t top = std::max<std::size_t>(context.options.top, 1);
  out.title = "Processes";
  if (const std::size_t outliers = outliers_in(all); outliers != 0)
    out.say(fmt::format(
        "{} out: much more is live, or was at the peak, than in most processes of the same program.",
        outliers == 1 ? "1 process stands" : exact(outliers) + " processes stand"));
  out.add(table_of({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), top))},
                   context.profile));
  if (all.size() > top)
    out.say(fmt::format(
        "... and {}. Show them with --top {}.",
        all.size() - top == 1 ? "1 more process" : exact(all.size() - top) + " more processes", all.size()));
}

}  // namespace

Section section_processes(const Context& context) {
  const Profile& profile = context.profile;
  std::vector<Standing> all = standings(profile);
  Section out;
  if (profile.is_merged()) people(all, context, out);
  out.data = [all = std::move(all), &profile](Sink& sink) {
    sink.begin_list();
    for (const Standing& each : all) put_process(sink, each, profile);
    sink.end_list();
  };
  return out;
}

}  // namespace weir::tool
