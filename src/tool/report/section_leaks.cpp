// What was allocated and never freed, by call site, biggest first.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
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
  sink.member("space", space_name(site.space));
  sink.key("device");
  site.space == Space::Device || site.space == Space::Managed ? sink.put(std::uint64_t{site.device})
                                                              : sink.null();
  put_amount(sink, site.counts, context.profile);
  if (rule == nullptr) sink.member("verdict", "unknown");
  if (rule != nullptr) sink.member("rule", *rule);
  sink.list("frames", [&] { put_frames(sink, context.frames(number)); });
  sink.end_object();
}

std::string amount(const Counts& counts, const Profile& profile) {
  return fmt::format("{} bytes in {}", exact(counts.live_bytes, counts.spread.live_bytes, profile),
                     counted(counts.live_blocks, counts.spread.live_blocks, "block", profile));
}

StackText leak_text(const Context& context, std::uint32_t number, std::size_t rank) {
  const Site& site = context.site(number);
  const std::vector<Frame> frames = context.frames(number);
  const Frame* head = headline(frames);
  std::string line = fmt::format("{}. {}", rank, amount(site.counts, context.profile));
  if (site.space != Space::Host) line += fmt::format(" ({})", space_name(site.space));
  if (head != nullptr) line += fmt::format(" - {}", function_of(*head));
  return stack_text(std::move(line), context.profile, site, frames);
}

std::string nothing_sampled(const Profile& profile) {
  return fmt::format("No sample: with 95 % confidence less than {}.",
                     human_bytes(seldom_unseen_bytes(profile)));
}

void rest_text(const Context& context, Section& out) {
  const auto& sites = context.leaks.sites;
  if (sites.size() <= context.options.top) return;
  Counts rest;
  for (std::size_t i = context.options.top; i != sites.size(); ++i) rest += context.site(sites[i]).counts;
  out.say(fmt::format("... and {}: {}. Show them with --top {}.",
                      counted(sites.size() - context.options.top, "more call site"),
                      amount(rest, context.profile), sites.size()));
}

void suppressed_text(const Context& context, Section& out) {
  const Leaks& leaks = context.leaks;
  if (leaks.suppressed.empty()) return;
  out.say(fmt::format("Left out by suppressions: {} at {}{}",
                      amount(leaks.suppressed_counts, context.profile),
                      counted(leaks.suppressed.size(), "call site"),
                      context.options.show_suppressed ? ":" : " (list them with --show-suppressed)."));
  if (!context.options.show_suppressed) return;
  for (const Leaks::Suppressed& each : leaks.suppressed) {
    const Site& site = context.site(each.site);
    out.add(stack_text(fmt::format("- {} - {}", amount(site.counts, context.profile), printable(each.rule)),
                       context.profile, site, context.frames(each.site)));
  }
}

}  // namespace

Section section_leaks(const Context& context) {
  const Leaks& leaks = context.leaks;
  const Ending end = context.profile.process.ending;
  Section out;
  out.title = live_words(end);
  if (context.profile.record_mode == 2) {
    out.say("Recording was off: nothing is known.");
  } else if (leaks.sites.empty()) {
    out.say(context.profile.is_sampled() ? nothing_sampled(context.profile)
            : end == Ending::Exited      ? "Nothing: every block was freed."
                                         : "Nothing.");
  } else {
    out.say(fmt::format(
        "{} ({} bytes) in {}, allocated at {}.", human_bytes(leaks.counts.live_bytes),
        exact(leaks.counts.live_bytes, leaks.counts.spread.live_bytes, context.profile),
        counted(leaks.counts.live_blocks, leaks.counts.spread.live_blocks, "block", context.profile),
        counted(leaks.sites.size(), "call site")));
    if (end == Ending::Running)
      out.say("The process still runs: these blocks are in use or lost, it is too early to tell.");
    else if (end != Ending::Exited)
      out.say("The process had no chance to free what it still used.");
  }
  for (std::size_t i = 0; i != std::min(leaks.sites.size(), context.options.top); ++i)
    out.add(leak_text(context, leaks.sites[i], i + 1));
  rest_text(context, out);
  suppressed_text(context, out);
  out.data = [&context](Sink& sink) {
    const Leaks& all = context.leaks;
    sink.begin_object();
    put_amount(sink, all.counts, context.profile);
    sink.list("sites", [&] {
      for (const std::uint32_t number : all.sites) put_leak(sink, context, number, nullptr);
    });
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
