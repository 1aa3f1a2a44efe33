// The few lines that `weir run` prints at the end.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/fragmentation.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

constexpr std::size_t kLeaksShown = 3;

/// Only what is live needs names here.
std::vector<std::uint32_t> live_sites(const Profile& profile) {
  std::vector<std::uint32_t> out = reported_sites(profile);
  std::erase_if(out, [&](std::uint32_t number) { return profile.sites[number].counts.live_blocks == 0; });
  return out;
}

std::string lower(std::string text) {
  text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

std::string amount(const Counts& counts, const Profile& profile) {
  return fmt::format("{} bytes in {}", exact(counts.live_bytes, counts.spread.live_bytes, profile),
                     counted(counts.live_blocks, counts.spread.live_blocks, "block", profile));
}

std::string leak_lines(const Context& context) {
  const Leaks& leaks = context.leaks;
  const std::string words = lower(live_words(context.profile.process.ending));
  if (leaks.sites.empty())
    return context.profile.is_sampled()
               ? fmt::format("{}: no sample; with 95 % confidence less than {}\n", words,
                             human_bytes(seldom_unseen_bytes(context.profile)))
               : words + ": nothing\n";
  const Profile& profile = context.profile;
  std::string out = fmt::format("{}: {}, allocated at {}\n", words, amount(leaks.counts, profile),
                                counted(leaks.sites.size(), "call site"));
  for (std::size_t i = 0; i != std::min(leaks.sites.size(), kLeaksShown); ++i) {
    const Counts& counts = context.site(leaks.sites[i]).counts;
    const std::vector<Frame> frames = context.frames(leaks.sites[i]);
    const Frame* head = headline(frames);
    std::string who = head == nullptr ? "(no call stack)" : function_of(*head);
    if (who.size() > 60) who = who.substr(0, 57) + "...";
    out += fmt::format("  {}: {}{}\n", amount(counts, profile), who,
                       head == nullptr ? "" : "  " + place_of(*head, context.profile.process.cwd));
  }
  return out;
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
  } else {
    if (profile.is_sampled())
      out += fmt::format(
          "sampled, one block in {} of allocations: {}; numbers are estimates ± one standard error\n",
          human_bytes(profile.sample_every), counted(profile.samples, "sample"));
    out += leak_lines(context);
    const Counts& counts = host.counts;
    if (profile.is_sampled() && profile.samples == 0)
      out += "peak and allocated in all: no sample\n";
    else
      out += fmt::format("peak: {}; allocated in all: {} in {}\n",
                         human_bytes(host.peak_bytes, host.peak_variance, profile),
                         human_bytes(counts.allocated_bytes, counts.spread.allocated_bytes, profile),
                         counted(counts.allocated_blocks, counts.spread.allocated_blocks, "block", profile));
  }
  if (profile.host_stats)
    out += fmt::format("held: {}\n", fragmentation_in_short(profile, *profile.host_stats));
  if (!profile.errors.empty())
    out += fmt::format("misuse of memory: {}, see the report\n",
                       counted(profile.errors.size(), "kind and place"));
  if (!profile.damage.empty()) out += profile.damage.front() + "\n";
  out += fmt::format("profile: {}; read it with: weir report {}\n", printable(options.profile_path),
                     printable(options.profile_path));
  return with_prefix(out);
}

}  // namespace weir::tool
