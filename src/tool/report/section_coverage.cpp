// What weir could not see, and what was wrong on the way: how far the rest may be trusted.
#include <fmt/format.h>

#include "tool/report/context.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

using profile::LossCounters;

struct Loss {
  std::string_view key;
  std::uint64_t LossCounters::*count;
  std::string_view words;  ///< before the number; empty: not shown to people
};
constexpr Loss kLosses[] = {
    {"stacks_truncated", &LossCounters::stacks_truncated,
     "call stacks deeper than WEIR_STACK_DEPTH, cut at it"},
    {"stacks_missing", &LossCounters::stacks_missing,
     "call stacks with a frame that could not be passed, cut at it"},
    {"sites_dropped", &LossCounters::sites_dropped,
     "new call stacks without room, counted together as unknown"},
    {"counters_dropped", &LossCounters::counters_dropped,
     "operations without room, counted at the unknown site"},
    {"foreign_frees", &LossCounters::foreign_frees,
     "frees of blocks that another allocator had made, passed on"},
    {"shared_shard_uses", &LossCounters::shared_shard_uses, ""},
    {"growth_failures", &LossCounters::growth_failures,
     "times the profile could not grow (disk full, or WEIR_PROFILE_MAX)"},
    {"errors_dropped", &LossCounters::errors_dropped, "misuses of memory without room in the list"},
    {"modules_dropped", &LossCounters::modules_dropped,
     "program files without room, their frames without names"},
    {"samples_dropped", &LossCounters::samples_dropped,
     "blocks that should have been sampled and had no room in their address range"},
    {"blocks_in_handlers", &LossCounters::blocks_in_handlers,
     "blocks that signal handlers got from glibc, having interrupted weir; not recorded"},
};

std::vector<std::string> all_warnings(const Context& context) {
  std::vector<std::string> out = context.profile.warnings;
  out.insert(out.end(), context.profile.damage.begin(), context.profile.damage.end());
  out.insert(out.end(), context.symbols.warnings.begin(), context.symbols.warnings.end());
  return out;
}

std::uint64_t records_dropped(const LossCounters& losses) {
  std::uint64_t sum = losses.sites_dropped;
  for (const std::uint64_t more : {losses.counters_dropped, losses.errors_dropped})
    if (__builtin_add_overflow(sum, more, &sum)) sum = ~std::uint64_t{0};
  return sum;
}

void put_coverage(Sink& sink, const Context& context) {
  const Profile& profile = context.profile;
  sink.begin_object();
  sink.member("allocator", profile.allocator);
  sink.member("unwinder", profile.unwinder);
  sink.member("weir_version", profile.weir_version);
  constexpr std::string_view kModes[] = {"exact", "sampled", "off"};
  sink.key("record");
  profile.record_mode < std::size(kModes) ? sink.put(kModes[profile.record_mode]) : sink.null();
  if (profile.is_sampled()) sink.member("sample_every", profile.sample_every);
  sink.member("stack_depth", profile.stack_depth);
  sink.member("own_bytes", profile.own_bytes);
  sink.member("records_dropped", records_dropped(profile.losses));
  for (const Loss& loss : kLosses) sink.member(loss.key, profile.losses.*loss.count);
  sink.object("routes", [] {});
  sink.list("unhooked_symbols", [] {});
  sink.list("warnings", [&] {
    for (const std::string& line : all_warnings(context)) sink.put(line);
  });
  sink.end_object();
}

}  // namespace

Section section_coverage(const Context& context) {
  const Profile& profile = context.profile;
  Section out;
  out.title = "Coverage";
  const std::size_t sites = reported_sites(profile).size();
  out.say(fmt::format(
      "{}; stacks by {}, up to {} frames; {}; weir took {} for itself.", counted(sites, "call site"),
      profile.unwinder.empty() ? "an unknown unwinder" : printable(profile.unwinder), profile.stack_depth,
      profile.allocator.empty() ? "unknown allocator" : printable(profile.allocator),
      human_bytes(profile.own_bytes)));
  bool complete = profile.record_mode != 2;
  for (const Loss& loss : kLosses) {
    const std::uint64_t count = profile.losses.*loss.count;
    if (count == 0 || loss.words.empty()) continue;
    out.say(fmt::format("! {}: {}", loss.words, exact(count)));
    complete = false;
  }
  for (const std::string& line : all_warnings(context)) {
    out.say("! " + printable(line));
    complete = false;
  }
  if (complete)
    out.say(profile.is_sampled() ? "Nothing was lost but what was not sampled." : "Nothing was lost.");
  out.data = [&context](Sink& sink) { put_coverage(sink, context); };
  return out;
}

}  // namespace weir::tool
