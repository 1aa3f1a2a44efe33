// Sorting processes, and telling which stand out.
#include "tool/report/family.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tool/report/report.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

constexpr Space kOwn[] = {Space::Host, Space::Device, Space::Managed, Space::Pinned};
constexpr std::size_t kFewest = 4;  ///< of fewer processes none stands out

const SpaceTotals& totals(const Member& member, Space space) {
  return member.spaces[static_cast<std::size_t>(space)];
}

template <class Value>
std::uint64_t over_spaces(const Member& member, Value&& value) {
  std::uint64_t sum = 0;
  for (const Space space : kOwn)
    if (__builtin_add_overflow(sum, value(totals(member, space)), &sum)) return ~std::uint64_t{0};
  return sum;
}
std::uint64_t live(const Member& member) {
  return over_spaces(member, [](const SpaceTotals& space) { return space.counts.live_bytes; });
}
std::uint64_t peak(const Member& member) {
  return over_spaces(member, [](const SpaceTotals& space) { return space.peak_bytes; });
}

std::uint64_t median(std::vector<std::uint64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Beyond it a value stands out: the median and the largest of a quarter of it, six median distances from it, 256 KiB.
std::uint64_t bound(const std::vector<std::uint64_t>& values) {
  const std::uint64_t middle = median(values);
  std::vector<std::uint64_t> distances;
  for (const std::uint64_t value : values)
    distances.push_back(value > middle ? value - middle : middle - value);
  const std::uint64_t distance = std::min(median(distances), ~std::uint64_t{0} / 8);
  const std::uint64_t more = std::max({middle / 4, 6 * distance, std::uint64_t{256 << 10}});
  return middle > ~std::uint64_t{0} - more ? ~std::uint64_t{0} : middle + more;
}

template <class Value>
std::vector<bool> above_others(const Profile& profile, Value&& value) {
  std::map<std::string, std::vector<std::uint32_t>> groups;
  for (std::uint32_t i = 0; i != profile.members.size(); ++i)
    groups[profile.members[i].process.exe].push_back(i);
  std::vector<bool> out(profile.members.size());
  for (const auto& [exe, members] : groups) {
    if (members.size() < kFewest) continue;
    std::vector<std::uint64_t> values;
    for (const std::uint32_t i : members) values.push_back(value(profile.members[i]));
    const std::uint64_t limit = bound(values);
    for (std::size_t i = 0; i != members.size(); ++i) out[members[i]] = values[i] > limit;
  }
  return out;
}

bool is_ended_by_signal(const Member& member) {
  return member.process.ending == Ending::Signalled || member.process.ending == Ending::Killed;
}

void count_ending(Program& program, const Process& process) {
  switch (process.ending) {
    case Ending::Exited: ++(process.end_value == 0 ? program.exited_ok : program.exited_otherwise); break;
    case Ending::Signalled: ++program.signalled; break;
    case Ending::Killed: ++program.killed; break;
    case Ending::Running: ++program.running; break;
    case Ending::Replaced: ++program.replaced; break;
    case Ending::Unknown:
    case Ending::Several: break;
  }
}

void add(Program::InSpace& sum, const SpaceTotals& more, std::uint32_t member) {
  sum.counts += more.counts;
  if (__builtin_add_overflow(sum.peak_sum, more.peak_bytes, &sum.peak_sum)) sum.peak_sum = ~std::uint64_t{0};
  sum.peak_variance += more.peak_variance;
  if (more.peak_bytes <= sum.peak_highest) return;
  sum.peak_highest = more.peak_bytes;
  sum.highest_in = member;
}

}  // namespace

std::vector<Standing> standings(const Profile& profile) {
  const std::vector<bool> live_ones = above_others(profile, live), peak_ones = above_others(profile, peak);
  struct Row {
    Standing standing;
    int part;
    std::uint64_t live, peak;
  };
  std::vector<Row> rows;
  for (std::uint32_t i = 0; i != profile.members.size(); ++i) {
    const Member& member = profile.members[i];
    const bool stands_out = live_ones[i] || peak_ones[i];
    rows.push_back({{i, live_ones[i], peak_ones[i]},
                    is_ended_by_signal(member) ? 0
                    : stands_out               ? 1
                                               : 2,
                    live(member),
                    peak(member)});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    if (a.part != b.part) return a.part < b.part;
    return a.live != b.live ? a.live > b.live : a.peak > b.peak;
  });
  std::vector<Standing> out;
  for (const Row& row : rows) out.push_back(row.standing);
  return out;
}

std::vector<Program> programs(const Profile& profile) {
  std::map<std::string, Program> all;
  for (const Standing& each : standings(profile)) {
    const Member& member = profile.members[each.member];
    Program& program = all[member.process.exe];
    program.exe = member.process.exe;
    program.members.push_back(each.member);
    count_ending(program, member.process);
    program.outliers += each.is_live_outlier || each.is_peak_outlier;
    for (std::size_t i = 0; i != profile::kSpacesAndImported; ++i)
      add(program.spaces[i], member.spaces[i], each.member);
  }
  std::vector<Program> out;
  for (auto& [exe, program] : all) out.push_back(std::move(program));
  const auto key = [](const Program& program) {
    std::uint64_t held = 0, highest = 0;
    for (const Space space : kOwn) {
      held += std::min(program.in(space).counts.live_bytes, ~std::uint64_t{0} / 4);
      highest += std::min(program.in(space).peak_highest, ~std::uint64_t{0} / 4);
    }
    return std::pair{held, highest};
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const Program& a, const Program& b) { return key(a) > key(b); });
  return out;
}

std::string program_name(const std::string& exe) {
  return exe.empty() ? "unknown program" : printable(exe.substr(exe.rfind('/') + 1));
}

std::string command_line(const Process& process, std::size_t longest) {
  std::string out = process.args.empty() ? process.exe : process.args.front();
  out = program_name(out);
  for (std::size_t i = 1; i < process.args.size() && out.size() <= longest; ++i)
    out += " " + printable(process.args[i]);
  if (process.args_cut) out += " ...";
  return out;
}

std::optional<std::string> started_at(const Process& process) {
  const auto seconds = static_cast<std::time_t>(process.started_realtime_ns / 1'000'000'000U);
  constexpr std::time_t kYear3000 = 32'503'680'000;
  if (seconds == 0 || seconds > kYear3000) return std::nullopt;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(seconds));
}

void put_ending(Sink& sink, const Process& process) {
  constexpr std::string_view kEnds[] = {"running", "exit", "signal", "killed", "exit", "unknown", "mixed"};
  sink.member("end", kEnds[static_cast<std::size_t>(process.ending)]);
  sink.key("exit_code");
  process.ending == Ending::Exited ? sink.put(process.end_value) : sink.null();
  sink.key("signal");
  process.ending == Ending::Signalled ? sink.put(process.end_value) : sink.null();
}

std::string spread_words(const Site& site, const Profile& profile) {
  if (!profile.is_merged()) return {};
  std::string out =
      fmt::format("in {}", site.processes == 1 ? "1 process" : exact(site.processes) + " processes");
  if (site.most_live_bytes == 0 || site.most_live_in >= profile.members.size()) return out;
  const std::uint32_t pid = profile.members[site.most_live_in].process.pid;
  if (site.processes == 1) return fmt::format("{} (pid {})", out, pid);
  // Only where one has far more than its part is it worth a word.
  constexpr std::uint64_t kNotable = 2;
  const std::uint64_t part = site.counts.live_bytes / std::max<std::uint32_t>(site.processes, 1);
  if (site.most_live_bytes / kNotable < std::max<std::uint64_t>(part, 1)) return out;
  return fmt::format("{}, {} of it in pid {}", out, percent(site.most_live_bytes, site.counts.live_bytes),
                     pid);
}

void put_spread(Sink& sink, const Site& site, const Profile& profile) {
  sink.member("processes", site.processes);
  sink.member("most_live_bytes", site.most_live_bytes);
  sink.member("most_live_pid", site.most_live_bytes == 0 || site.most_live_in >= profile.members.size()
                                   ? std::nullopt
                                   : std::optional{profile.members[site.most_live_in].process.pid});
}

}  // namespace weir::tool
