// The few lines that `weir run` prints at the end.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/fragmentation.hpp"
#include "tool/report/leaks.hpp"
#include "tool/report/pools.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

constexpr std::size_t kLeaksShown = 3;

/// Only what is live needs names here.
std::vector<std::uint32_t> live_sites(const Profile& profile) {
  std::vector<std::uint32_t> out = reported_sites(profile);
  std::erase_if(out, [&](std::uint32_t number) {
    return profile.sites[number].counts.live_blocks == 0 && profile.sites[number].counts.live_bytes == 0;
  });
  return out;
}

std::string lower(std::string text) {
  text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

/// The biggest leaks of a list, one line each.
std::string site_lines(const Context& context, const LeakList& list, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i != std::min(list.leaks.size(), most); ++i) {
    const Leak& leak = list.leaks[i];
    const Site& site = context.site(leak.site);
    const std::vector<Frame> frames = context.frames(leak.site);
    const Frame* head = headline(frames);
    std::string who = head == nullptr ? "(no call stack)" : function_of(*head);
    if (who.size() > 60) who = who.substr(0, 57) + "...";
    out += fmt::format("  {}{}: {}{}\n", live_amount(leak.counts, context.profile),
                       site.space == Space::Host ? "" : fmt::format(" ({})", where_words(site)), who,
                       head == nullptr ? "" : "  " + place_of(*head, context.profile.process.cwd));
  }
  return out;
}

/// At most five lines: what the look through the heap has found.
std::string judged_lines(const Context& context, std::size_t most) {
  const Leaks& leaks = context.leaks;
  std::string out = leaks.lost.leaks.empty() ? "lost: nothing\n" : "lost: " + lost_amount(context) + "\n";
  out += site_lines(context, leaks.lost, most);
  if (!leaks.reachable.leaks.empty()) out += fmt::format("still reachable: {}\n", reachable_amount(context));
  return out;
}

/// At most twelve lines.
std::string leak_lines(const Context& context) {
  const Leaks& leaks = context.leaks;
  const Profile& profile = context.profile;
  const std::vector<LeakGroup> groups = leak_groups(leaks.unknown, context);
  const bool judged = is_judged(context);
  const std::string words = lower(live_words(profile));
  std::string out = judged ? judged_lines(context, groups.size() > 2 ? 1 : kLeaksShown) : "";
  for (const LeakGroup& group : groups) {
    const bool is_plain = groups.size() == 1 && group.space == Space::Host;
    out += fmt::format(
        "{}{}{}: {}, allocated at {}\n", words, is_plain ? "" : fmt::format(", {}", space_words(group.space)),
        judged && group.space == Space::Host ? ", not looked at" : "",
        live_amount(group.list.counts, profile), counted(group.list.leaks.size(), "call site"));
    const bool is_main = group.space == Space::Host || group.space == Space::Device;
    const bool is_host = group.space == Space::Host, are_many = groups.size() > 3;
    // The summary's lines are few.
    const std::size_t tight = judged ? (is_host || are_many ? 2 : 0) : (is_host && are_many ? 1 : 0);
    out += site_lines(context, group.list, is_main ? kLeaksShown - tight : 1);
  }
  const bool host_leaks = !groups.empty() && groups.back().space == Space::Host;
  if (!host_leaks && profile.is_sampled())
    out += fmt::format("{}{}: no sample; with 95 % confidence less than {}\n", words,
                       profile.has_cuda() ? ", host memory" : "", human_bytes(seldom_unseen_bytes(profile)));
  else if (groups.empty() && !judged)
    out += words + ": nothing\n";
  if (!leaks.released.empty())
    out += fmt::format("never freed, but released with a context, device or module: {}\n",
                       released_amount(leaks));
  return out;
}

/// The peaks of CUDA's spaces; empty: there were none.
std::string cuda_peaks(const Profile& profile) {
  std::string out;
  for (const Space space : {Space::Device, Space::Managed, Space::Pinned}) {
    const SpaceTotals& totals = profile.space(space);
    if (totals.counts.allocated_blocks == 0) continue;
    out += fmt::format("{}{} {} ({} in {})", out.empty() ? "peak of CUDA memory (allocated in all): " : ", ",
                       space_name(space), human_bytes(totals.peak_bytes),
                       human_bytes(totals.counts.allocated_bytes),
                       counted(totals.counts.allocated_blocks, "block"));
  }
  return out.empty() ? out : out + "\n";
}

/// One line at most: that memory ran out, else what pools did.
std::string pool_line(const Profile& profile) {
  if (!profile.out_of_memory.empty()) {
    const profile::OutOfMemoryRecord& first = profile.out_of_memory.front();
    return fmt::format("out of memory: {} were asked for, {} were live; see the report\n", asked_words(first),
                       human_bytes(first.tracked));
  }
  const std::string words = pools_in_short(profile);
  return words.empty() ? words : fmt::format("CUDA pools: {}\n", words);
}

std::string with_prefix(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    out += fmt::format("weir: {}\n", lines.substr(0, end));
    lines.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::string summary(const Profile& profile, const SummaryOptions& options) {
  ReportOptions report;
  report.symbolize = options.symbolize;
  const Context context = make_context(profile, report, live_sites(profile));
  const SpaceTotals& host = profile.spaces[0];
  std::string out =
      fmt::format("{} after {}\n", ending(profile.process), human_seconds(profile.process.duration_ns));
  if (profile.record_mode == 2) {
    out += "recording was off: no allocation was recorded\n";
    for (const std::string& why : profile.warnings) out += printable(why) + "\n";
  } else {
    if (profile.is_sampled())
      out += fmt::format(
          "sampled, one block in {} of allocations: {}; numbers are estimates ± one standard error\n",
          human_bytes(profile.sample_every), counted(profile.samples, "sample"));
    out += leak_lines(context);
    out += cuda_peaks(profile);
    const Counts& counts = host.counts;
    if (profile.is_sampled() && profile.samples == 0)
      out += fmt::format("peak and allocated in all{}: no sample\n",
                         profile.has_cuda() ? " of host memory" : "");
    else
      out +=
          fmt::format("peak{}: {}; allocated in all: {} in {}\n", profile.has_cuda() ? " of host memory" : "",
                      human_bytes(host.peak_bytes, host.peak_variance, profile),
                      human_bytes(counts.allocated_bytes, counts.spread.allocated_bytes, profile),
                      counted(counts.allocated_blocks, counts.spread.allocated_blocks, "block", profile));
  }
  if (profile.host_stats)
    out += fmt::format("held: {}\n", fragmentation_in_short(profile, *profile.host_stats));
  out += pool_line(profile);
  if (!profile.errors.empty())
    out += fmt::format("misuse of memory: {}, see the report\n", counted(profile.errors.size(), "case"));
  if (!profile.damage.empty()) out += profile.damage.front() + "\n";
  out += fmt::format("profile: {}; read it with: weir report {}\n", printable(options.profile_path),
                     printable(options.profile_path));
  return with_prefix(out);
}

std::string family_summary(const FamilyTotals& totals) {
  std::string out =
      totals.read == totals.processes
          ? fmt::format("all {} processes", exact(totals.processes))
          : fmt::format("of {} processes, the first {}", exact(totals.processes), exact(totals.read));
  out += fmt::format(": {} bytes in {} live at their ends", exact(totals.live.live_bytes),
                     counted(totals.live.live_blocks, "block"));
  if (totals.highest_peak != 0)
    out += fmt::format("; highest peak {} (pid {})", human_bytes(totals.highest_peak), totals.highest_pid);
  if (totals.by_signal != 0) out += fmt::format("; {} ended by a signal", exact(totals.by_signal));
  return out;
}

}  // namespace weir::tool
