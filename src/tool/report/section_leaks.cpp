// What was allocated and never freed, by kind of memory and call site, biggest first; and what others released.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/family.hpp"
#include "tool/report/leaks.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

constexpr std::string_view kLost = "lost", kReachable = "reachable", kUnknown = "unknown";

void put_amount(Sink& sink, const Counts& counts, const Profile& profile) {
  put_estimate(sink, "bytes", counts.live_bytes, counts.spread.live_bytes, profile);
  put_estimate(sink, "blocks", counts.live_blocks, counts.spread.live_blocks, profile);
}

void put_parts(Sink& sink, const Judgement::Amount& direct, const Judgement::Amount& indirect) {
  sink.member("direct_bytes", direct.bytes);
  sink.member("direct_blocks", direct.blocks);
  sink.member("indirect_bytes", indirect.bytes);
  sink.member("indirect_blocks", indirect.blocks);
}

void put_leak(Sink& sink, const Context& context, const Leak& leak, std::string_view verdict) {
  const Site& site = context.site(leak.site);
  sink.begin_object();
  put_where(sink, site);
  put_amount(sink, leak.counts, context.profile);
  put_spread(sink, site, context.profile);
  sink.member("verdict", verdict);
  if (verdict == kLost) put_parts(sink, leak.direct, leak.indirect);
  sink.list("frames", [&] { put_frames(sink, context.frames(leak.site)); });
  sink.end_object();
}

void put_suppressed(Sink& sink, const Context& context, const Leaks::Suppressed& suppressed) {
  const Site& site = context.site(suppressed.site);
  sink.begin_object();
  put_where(sink, site);
  put_amount(sink, site.counts, context.profile);
  put_spread(sink, site, context.profile);
  sink.member("rule", suppressed.rule);
  sink.list("frames", [&] { put_frames(sink, context.frames(suppressed.site)); });
  sink.end_object();
}

StackText leak_text(const Context& context, const Leak& leak, std::size_t rank) {
  const Site& site = context.site(leak.site);
  const std::vector<Frame> frames = context.frames(leak.site);
  const Frame* head = headline(frames);
  std::string line = fmt::format("{}. {}", rank, live_amount(leak.counts, context.profile));
  if (leak.indirect.blocks != 0)
    line += leak.direct.blocks == 0
                ? ", reached from lost ones only"
                : fmt::format(", {} of them reached from lost ones only", exact(leak.indirect.blocks));
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
    out +=
        fmt::format("{}{} {}", &group == &groups.front() ? "" : ", ", space_name(group.space),
                    human_bytes(group.list.counts.live_bytes, group.list.counts.spread.live_bytes, profile));
  return out + ".";
}

void list_text(const Context& context, const LeakList& list, Section& out) {
  const std::vector<Leak>& leaks = list.leaks;
  const std::size_t top = context.options.top;
  for (std::size_t i = 0; i != std::min(leaks.size(), top); ++i) out.add(leak_text(context, leaks[i], i + 1));
  if (leaks.size() <= top) return;
  Counts rest;
  for (std::size_t i = top; i != leaks.size(); ++i) rest += leaks[i].counts;
  out.say(fmt::format("... and {}: {}. Show them with --top {}.",
                      counted(leaks.size() - top, "more call site"), live_amount(rest, context.profile),
                      leaks.size()));
}

void group_text(const Context& context, const LeakGroup& group, bool is_only, Section& out) {
  if (!is_only) {
    std::string space = space_words(group.space);
    space[0] = static_cast<char>(space[0] - 'a' + 'A');
    out.say(
        fmt::format("{}: {}", space, sum_text(group.list.counts, group.list.leaks.size(), context.profile)));
  }
  list_text(context, group.list, out);
}

bool is_any_of_cuda(const Context& context, const LeakList& list) {
  return std::any_of(list.leaks.begin(), list.leaks.end(),
                     [&](const Leak& leak) { return context.site(leak.site).space != Space::Host; });
}

/// What the look through the heap has found: the lost ones, and in a line those that are not.
void judged_text(const Context& context, Section& out) {
  const LeakList& lost = context.leaks.lost;
  if (lost.leaks.empty()) {
    out.say("Nothing: something still points to every block that was looked at.");
  } else {
    out.say(fmt::format("{}: {}.", human_bytes(lost.counts.live_bytes), lost_amount(context)));
    if (lost.indirect.blocks != 0)
      out.say(fmt::format("To {} of these ({} bytes) other lost ones still point, nothing else.",
                          exact(lost.indirect.blocks), exact(lost.indirect.bytes)));
    if (is_any_of_cuda(context, lost))
      out.say(
          "Of CUDA's memory among these, no host memory holds the address but the driver's; what device "
          "memory holds was not looked at.");
    list_text(context, lost, out);
  }
  if (context.leaks.reachable.leaks.empty()) return;
  out.say(fmt::format("Still reachable: {} (globals, caches, pools){}", reachable_amount(context),
                      context.options.show_reachable ? ":" : ". Show them with --reachable."));
  if (context.options.show_reachable) list_text(context, context.leaks.reachable, out);
}

/// What nobody has judged.
void unknown_text(const Context& context, const std::vector<LeakGroup>& groups, Section& out) {
  const Profile& profile = context.profile;
  const Ending end = profile.process.ending;
  const LeakList& unknown = context.leaks.unknown;
  const bool is_rest = is_judged(context);
  out.say((is_rest ? live_words(profile) + ", lost or not is unknown: " : "") +
          sum_text(unknown.counts, unknown.leaks.size(), profile));
  if (groups.size() > 1) out.say(parts_text(groups, profile));
  if (profile.is_merged() && end != Ending::Exited)
    out.say(
        "Processes that were ended by a signal, or replaced by another program, or still run, had no "
        "chance to free what they used.");
  else if (end == Ending::Running)
    out.say("The process still runs: these blocks are in use or lost, it is too early to tell.");
  else if (end == Ending::Unknown)
    out.say("Where the process was not at its end these blocks are in use or lost: it is too early to tell.");
  else if (end != Ending::Exited)
    out.say("The process had no chance to free what it still used.");
  const bool is_only = groups.size() == 1 && groups[0].space == Space::Host;
  for (const LeakGroup& group : groups) group_text(context, group, is_only, out);
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
  const std::vector<LeakGroup> groups = leak_groups(leaks.unknown, context);
  Section out;
  out.title = is_judged(context) ? "Lost memory" : live_words(context.profile);
  if (context.profile.record_mode == 2) {
    out.say("Recording was off: nothing is known.");
  } else if (leaks.sites.empty()) {
    out.say(nothing(context));
  } else {
    if (is_judged(context)) judged_text(context, out);
    const bool is_host_only = groups.empty() || groups.front().space == Space::Host;
    if (is_host_only && !no_cuda_leak(context).empty()) out.say(std::string{no_cuda_leak(context)});
    if (!groups.empty()) unknown_text(context, groups, out);
  }
  released_text(context, out);
  suppressed_text(context, out);
  out.data = [&context](Sink& sink) {
    const Leaks& all = context.leaks;
    sink.begin_object();
    put_amount(sink, all.counts, context.profile);
    for (const auto& [list, verdict] :
         {std::pair{&all.lost, kLost}, {&all.reachable, kReachable}, {&all.unknown, kUnknown}})
      sink.object(verdict, [&] {
        put_amount(sink, list->counts, context.profile);
        if (verdict == kLost) put_parts(sink, list->direct, list->indirect);
      });
    sink.list("sites", [&] {
      for (const auto& [list, verdict] :
           {std::pair{&all.lost, kLost}, {&all.reachable, kReachable}, {&all.unknown, kUnknown}})
        for (const Leak& leak : list->leaks) put_leak(sink, context, leak, verdict);
    });
    sink.object("released", [&] { put_released(sink, context); });
    sink.object("suppressed", [&] {
      put_amount(sink, all.suppressed_counts, context.profile);
      sink.list("sites", [&] {
        for (const auto& each : all.suppressed) put_suppressed(sink, context, each);
      });
    });
    sink.end_object();
  };
  return out;
}

}  // namespace weir::tool
