#include "tool/report/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

using profile::ScanResult;

struct Result {
  std::string_view name, words;
};
constexpr Result kResults[Scan::kResults] = {
    {"none", "nobody looked"},
    {"done", "done"},
    {"no_snapshot", "no copy of the process could be made, and it had several threads"},
    {"failed", "the copy of the process that looked died, or took too long"},
    {"no_memory", "there was no memory for the tables"},
    {"no_roots", "the kernel's list of mappings could not be read"},
    {"no_room", "the profile had no room for the verdicts on some call sites"},
    {"off", "WEIR_LEAK_SCAN is off"},
    {"too_large", "the process holds more than 64 GiB, and a copy of it would take seconds"},
    {"forbidden", "a seccomp filter forbids what it takes, or stood before the start and may forbid it"},
    {"emulated", "valgrind runs the program, and looks for leaks itself"},
};

/// Processes that took a look, however it ended.
std::uint64_t looked(const Profile& profile) {
  std::uint64_t out = 0;
  if (profile.scan)
    for (const std::uint32_t times : profile.scan->results) out += times;
  return out;
}

/// The one result that all processes have.
std::optional<std::size_t> only_result(const Profile& profile) {
  if (!profile.scan) return 0;
  for (std::size_t i = 0; i != Scan::kResults; ++i)
    if (profile.scan->results[i] >= profile.members.size()) return i;
  return std::nullopt;
}

/// Why nobody looked, as far as the profile tells.
std::string why_none(const Profile& profile) {
  if (profile.record_mode == 2) return "recording was off";
  if (profile.is_sampled()) return "sampled mode knows too few blocks for that";
  if (profile.is_merged()) return "no process came so far";
  switch (profile.process.ending) {
    case Ending::Running: return "the process still runs (weir ctl PID scan looks at once)";
    case Ending::Signalled:
    case Ending::Killed: return "the process died of a signal";
    case Ending::Replaced: return "the process was replaced by another program";
    case Ending::Unknown: return "the profile was copied before, or the process died of a signal";
    case Ending::Exited:
    case Ending::Several: break;
  }
  return "the profile is an older weir's, or the process ended past weir or in a sandbox, or the allocator's "
         "layout is not the "
         "known one";
}

std::string done_words(const Profile& profile) {
  const Scan& scan = *profile.scan;
  const std::string what =
      fmt::format("{} judged, by the pointers in {} outside of the heap and in the blocks; that took {}",
                  counted(scan.blocks, "block"), human_bytes(scan.root_bytes), human_seconds(scan.took_ns));
  if (scan.looks != 0)
    return fmt::format("The heap was looked through on request, {} after the start{}: {}.",
                       human_seconds(scan.at_ns),
                       scan.looks == 2 ? ", twice, and only what both looks call lost is" : "", what);
  if (!profile.is_merged()) return fmt::format("The heap was looked through at the end: {}.", what);
  return fmt::format("The heaps of {} of {} processes were looked through at their ends: {}, in all.",
                     exact(scan.times(ScanResult::Done) + scan.times(ScanResult::NoRoom)),
                     exact(profile.members.size()), what);
}

/// "there was no memory for the tables", or "1 time: …; 2 times: …".
std::string failures_words(const Scan& scan) {
  std::string out;
  for (std::size_t i = 0; i != Scan::kResults; ++i) {
    if (scan.failed_later[i] == 0) continue;
    out += out.empty() ? "" : "; ";
    if (scan.failed_later[i] != scan.times_failed_later())
      out += fmt::format("{}: ", counted(scan.failed_later[i], "time"));
    out += kResults[i].words;
  }
  return out;
}

/// What was found stays, and is of an earlier moment.
std::string later_words(const Profile& profile) {
  const Scan& scan = *profile.scan;
  const std::uint64_t times = scan.times_failed_later();
  const std::string when = profile.is_merged()
                               ? ""
                               : fmt::format(", {}{} after the start", times == 1 ? "" : "the last one ",
                                             human_seconds(scan.last_failed_ns));
  return fmt::format(
      "! {} failed{}: {}. What was found before that stays; what was allocated since has no verdict, and "
      "what was lost "
      "since may count as reachable.",
      counted(times, "later look"), when, failures_words(scan));
}

/// That verdicts are not of the end, and why.
std::optional<std::string> stale_words(const Profile& profile) {
  if (!profile.scan || profile.scan->on_request == 0) return std::nullopt;
  const Scan& scan = *profile.scan;
  std::string out =
      profile.is_merged()
          ? fmt::format("the heaps of {} were last looked through before their ends",
                        counted(scan.on_request, "process"))
          : fmt::format("its heap was last looked through {} after its start", human_seconds(scan.at_ns));
  if (const std::uint64_t times = scan.times_failed_later(); times != 0)
    out += fmt::format(", and {} after that failed ({})", counted(times, "look"), failures_words(scan));
  return out;
}

/// What was said of CUDA's blocks, and by what.
void cuda_words(const Scan& scan, std::vector<std::string>& out) {
  if (scan.cuda_blocks != 0)
    out.push_back(fmt::format(
        "{} of CUDA's judged by where host memory holds the address, the driver's own aside: a block whose "
        "address only device memory holds counts as lost.",
        counted(scan.cuda_blocks, "block")));
  if (scan.cuda_unread != 0)
    out.push_back(
        fmt::format("{} of pinned or managed memory could not be read: what only {} to counts as lost.",
                    counted(scan.cuda_unread, "block"), scan.cuda_unread == 1 ? "it points" : "they point"));
  if (scan.cuda_unjudged() == 0) return;
  std::string line = fmt::format("{} of CUDA's not judged:", counted(scan.cuda_unjudged(), "block"));
  const char* between = " ";
  for (const auto& [blocks, why] :
       {std::pair{scan.cuda_handles, "known by handles, not by addresses (arrays, physical memory)"},
        {scan.cuda_graphs, "graphs'"},
        {scan.cuda_registered, "registered memory of the program's own"}}) {
    if (blocks == 0) continue;
    line += fmt::format("{}{} {}", between, exact(blocks), why);
    between = ", ";
  }
  out.push_back(line + ".");
}

/// What makes a verdict less sure.
void weaknesses(const Scan& scan, std::vector<std::string>& out) {
  if (scan.without_registers != 0)
    out.push_back(fmt::format(
        "The registers of {} of {} were not seen: a block that only they point to counts as lost.",
        exact(scan.without_registers), counted(scan.threads, "thread")));
  if (scan.whole_stacks != 0)
    out.push_back(
        fmt::format("{} from end to end: a block that only dead words on {} point to counts as reachable.",
                    scan.whole_stacks == 1 ? "1 stack counted" : exact(scan.whole_stacks) + " stacks counted",
                    scan.whole_stacks == 1 ? "it" : "them"));
  if (scan.shared_mappings != 0)
    out.push_back(fmt::format("{} passed over: a block that only {} to counts as lost.",
                              scan.shared_mappings == 1
                                  ? "1 shared mapping was"
                                  : exact(scan.shared_mappings) + " shared mappings were",
                              scan.shared_mappings == 1 ? "it points" : "they point"));
}

}  // namespace

void put_scan(Sink& sink, const Profile& profile) {
  const Scan scan = profile.scan.value_or(Scan{});
  const auto known = [&](std::uint64_t n) { return profile.scan ? std::optional{n} : std::nullopt; };
  const auto result = only_result(profile);
  sink.member("result", result ? kResults[*result].name : "partly");
  sink.key("why");
  if (result == std::size_t{0})
    sink.put(why_none(profile));
  else if (result && *result != static_cast<std::size_t>(ScanResult::Done))
    sink.put(kResults[*result].words);
  else
    sink.null();
  sink.member("processes", scan.times(ScanResult::Done) + scan.times(ScanResult::NoRoom));
  sink.member("seconds",
              profile.scan ? std::optional{static_cast<double>(scan.took_ns) / 1e9} : std::nullopt);
  sink.member("at_seconds", profile.scan && !profile.is_merged()
                                ? std::optional{static_cast<double>(scan.at_ns) / 1e9}
                                : std::nullopt);
  sink.member("looks_on_request", known(scan.looks));
  sink.member("processes_before_end", known(scan.on_request));
  sink.list("later_failures", [&] {
    for (std::size_t i = 0; i != Scan::kResults; ++i) {
      if (scan.failed_later[i] == 0) continue;
      sink.begin_object();
      sink.member("result", kResults[i].name);
      sink.member("why", kResults[i].words);
      sink.member("times", scan.failed_later[i]);
      sink.end_object();
    }
  });
  sink.member("last_failure_at_seconds", scan.last_failed_ns == 0
                                             ? std::nullopt
                                             : std::optional{static_cast<double>(scan.last_failed_ns) / 1e9});
  sink.member("blocks", known(scan.blocks));
  sink.member("root_bytes", known(scan.root_bytes));
  sink.member("root_mappings", known(scan.root_mappings));
  sink.member("mappings_passed_over", known(scan.shared_mappings));
  sink.member("threads", known(scan.threads));
  sink.member("threads_without_registers", known(scan.without_registers));
  sink.member("whole_stacks", known(scan.whole_stacks));
  sink.member("cuda_blocks", known(scan.cuda_blocks));
  sink.member("cuda_blocks_unread", known(scan.cuda_unread));
  sink.object("cuda_not_judged", [&] {
    sink.member("handles", known(scan.cuda_handles));
    sink.member("graphs", known(scan.cuda_graphs));
    sink.member("registered", known(scan.cuda_registered));
  });
}

std::optional<std::string> why_outdated(const Profile& profile) {
  const bool runs = std::any_of(profile.members.begin(), profile.members.end(),
                                [](const Member& each) { return each.process.ending == Ending::Running; });
  return runs && !profile.is_merged() ? std::nullopt : stale_words(profile);
}

std::optional<std::string> why_not_judged(const Profile& profile) {
  if (auto stale = stale_words(profile)) return *stale + ": what was allocated since then has no verdict";
  if (looked(profile) == 0) return why_none(profile);
  for (std::size_t i = 0; i != Scan::kResults; ++i)
    if (i != static_cast<std::size_t>(ScanResult::Done) && profile.scan->results[i] != 0)
      return std::string{kResults[i].words};
  return std::nullopt;
}

std::vector<std::string> scan_sentences(const Profile& profile) {
  std::vector<std::string> out;
  if (profile.scan && profile.scan->has_verdicts()) {
    out.push_back(done_words(profile));
    weaknesses(*profile.scan, out);
    cuda_words(*profile.scan, out);
  }
  if (profile.record_mode != 2 && looked(profile) == 0)
    out.push_back(fmt::format("Lost blocks cannot be told from reachable ones: {}.", why_none(profile)));
  if (profile.scan && profile.scan->times_failed_later() != 0) out.push_back(later_words(profile));
  for (std::size_t i = 0; profile.scan && i != Scan::kResults; ++i) {
    const std::uint32_t times = profile.scan->results[i];
    if (times == 0 || i == static_cast<std::size_t>(ScanResult::Done)) continue;
    out.push_back(fmt::format("! the look through the heap failed{}: {}",
                              profile.is_merged() ? fmt::format(" in {}", counted(times, "process")) : "",
                              kResults[i].words));
  }
  return out;
}

}  // namespace weir::tool
