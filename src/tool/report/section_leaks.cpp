// What was allocated and never freed, by kind of memory and call site, biggest first; and what others released.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/family.hpp"
#include "tool/report/leaks.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

void put_amount(Sink& sink, const Counts& counts, const Profile& profile) {
  put_estimate(sink, "bytes", counts.live_bytes, counts.spread.live_bytes, profile);
  put_estimate(sink, "blocks", counts.live_blocks, counts.spread.live_blocks, profile);
}

void put_leak(Sink& sink, const Context& context, std::uint32_t number, const std::string* rule) {
  const Site& site = context.site(number);
  sink.begin_object();
  put_where(sink, site);
  put_amount(sink, site.counts, context.profile);
  put_spread(sink, site, context.profile);
  if (rule == nullptr) sink.member("verdict", "unknown");
  if (rule != nullptr) sink.member("rule", *rule);
  sink.list("frames", [&] { put_frames(sink, context.frames(number)); });
  sink.end_object();
}

StackText leak_text(const Context& context, std::uint32_t number, std::size_t rank) {
  const Site& site = context.site(number);
  const std::vector<Frame> frames = context.frames(number);
  const Frame* head = headline(frames);
  std::string line = fmt::format("{}. {}", rank, live_amount(site.counts, context.profile));
  if (site.space != Space::Host) line += fmt::format(" ({})", where_words(site));
  if (context.profile.is_merged()) line += ", " + spread_words(site, context.profile);
  if (head != nullptr) line += " - " + name_of(*head, context.profile.process.cwd);
  return stack_text(std::move(line), context.profile, site, frames);
}

std::string nothing_sampled(const Profile& profile) {
  return fmt::format("No sample: with 95 % confidence less than {}{}.",
                     human_bytes(seldom_unseen_bytes(profile)), profile.has_cuda() ? " of host memory" : "");
}

std::string sum_text(const Counts& counts, std::size_t sites, const Profile& profile) {
  return fmt::format("{} ({} bytes) in {}, allocated at {}.", human_bytes(counts.live_bytes),
                     exact(counts.live_bytes, counts.spread.live_bytes, profile),
                     counted(counts.live_blocks, counts.spread.live_blocks, "block", profile),
                     counted(sites, "call site"));
}

/// "Of these: device 1.0 GiB, host 3 KiB."
std::string parts_text(const std::vector<LeakGroup>& groups, const Profile& profile) {
  std::string out = "Of these: ";
  for (const LeakGroup& group : groups)
    out += fmt::format("{}{} {}", &group == &groups.front() ? "" : ", ", space_name(group.space),
                       human_bytes(group.counts.live_bytes, group.counts.spread.live_bytes, profile));
  return out + ".";
}

void group_text(const Context& context, const LeakGroup& group, bool is_only, Section& out) {
  const std::size_t top = context.options.top;
  if (!is_only) {
    std::string space = space_words(group.space);
    space[0] = static_cast<char>(space[0] - 'a' + 'A');
    out.say(fmt::format("{}: {}", space, sum_text(group.counts, group.sites.size(), context.profile)));
  }
  for (std::size_t i = 0; i != std::min(group.sites.size(), top); ++i)
    out.add(leak_text(context, group.sites[i], i + 1));
  if (group.sites.size() <= top) return;
  Counts rest;
  for (std::size_t i = top; i != group.sites.size(); ++i) rest += context.site(group.sites[i]).counts;
  out.say(fmt::format("... and {}: {}. Show them with --top {}.",
                      counted(group.sites.size() - top, "more call site"), live_amount(rest, context.profile),
                      group.sites.size()));
}

void suppressed_text(const Context& context, Section& out) {
  const Leaks& leaks = context.leaks;
  if (leaks.suppressed.empty()) return;
  out.say(fmt::format("Left out by suppressions: {} at {}{}",
                      live_amount(leaks.suppressed_counts, context.profile),
                      counted(leaks.suppressed.size(), "call site"),
                      context.options.show_suppressed ? ":" : " (list them with --show-suppressed)."));
  if (!context.options.show_suppressed) return;
  for (const Leaks::Suppressed& each : leaks.suppressed) {
    const Site& site = context.site(each.site);
    out.add(
        stack_text(fmt::format("- {} - {}", live_amount(site.counts, context.profile), printable(each.rule)),
                   context.profile, site, context.frames(each.site)));
  }
}

/// Whether blocks of these spaces are live, be it such as do not count as leaks.
bool is_any_live(const Profile& profile, Space first, Space last) {
  const auto begin = std::begin(profile.spaces);
  return std::any_of(
      begin + static_cast<int>(first), begin + static_cast<int>(last) + 1,
      [](const SpaceTotals& space) { return (space.counts.live_blocks | space.counts.live_bytes) != 0; });
}

std::string nothing(const Context& context) {
  if (context.profile.is_sampled()) return nothing_sampled(context.profile);
  const bool all_freed = context.profile.process.ending == Ending::Exited && context.leaks.released.empty() &&
                         !is_any_live(context.profile, Space::Host, Space::Imported);
  return all_freed ? "Nothing: every block was freed." : "Nothing.";
}

/// Of a program with CUDA whose leaks are all of host memory; empty: nothing to say.
std::string_view no_cuda_leak(const Context& context) {
  const Profile& profile = context.profile;
  const auto* begin = std::begin(profile.spaces);
  const bool is_any = std::any_of(begin + 1, std::end(profile.spaces), [](const SpaceTotals& space) {
    return space.counts.allocated_blocks != 0;
  });
  if (!is_any || is_any_live(profile, Space::Device, Space::Imported)) return "";
  return context.leaks.released.empty() ? "All CUDA memory was freed." : "No CUDA memory was left.";
}

}  // namespace

Section section_leaks(const Context& context) {
  const Leaks& leaks = context.leaks;
  const Ending end = context.profile.process.ending;
  const std::vector<LeakGroup> groups = leak_groups(context);
  Section out;
  out.title = live_words(context.profile);
  if (context.profile.record_mode == 2) {
    out.say("Recording was off: nothing is known.");
  } else if (leaks.sites.empty()) {
    out.say(nothing(context));
  } else {
    out.say(sum_text(leaks.counts, leaks.sites.size(), context.profile));
    if (groups.size() > 1) out.say(parts_text(groups, context.profile));
    if (groups.front().space == Space::Host && !no_cuda_leak(context).empty())
      out.say(std::string{no_cuda_leak(context)});
    if (context.profile.is_merged() && end != Ending::Exited)
      out.say(
          "Processes that were ended by a signal, or replaced by another program, or still run, had no "
          "chance to free what they used.");
    else if (end == Ending::Running)
      out.say("The process still runs: these blocks are in use or lost, it is too early to tell.");
    else if (end != Ending::Exited)
      out.say("The process had no chance to free what it still used.");
  }
  const bool is_only = groups.size() == 1 && groups[0].space == Space::Host;
  for (const LeakGroup& group : groups) group_text(context, group, is_only, out);
  released_text(context, out);
  suppressed_text(context, out);
  out.data = [&context](Sink& sink) {
    const Leaks& all = context.leaks;
    sink.begin_object();
    put_amount(sink, all.counts, context.profile);
    sink.list("sites", [&] {
      for (const std::uint32_t number : all.sites) put_leak(sink, context, number, nullptr);
    });
    sink.object("released", [&] { put_released(sink, context); });
    sink.object("suppressed", [&] {
      put_amount(sink, all.suppressed_counts, context.profile);
      sink.list("sites", [&] {
        for (const auto& each : all.suppressed) put_leak(sink, context, each.site, &each.rule);
      });
    });
    sink.end_object();
  };
  return out;
}

}  // namespace weir::tool
