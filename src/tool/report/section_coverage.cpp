// What weir could not see, and what was wrong on the way: how far the rest may be trusted.
#include <fmt/format.h>

#include <algorithm>

#include "tool/report/context.hpp"
#include "tool/report/scan.hpp"
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
    {"cuda_blocks_dropped", &LossCounters::cuda_blocks_dropped, "CUDA blocks without room, not recorded"},
    {"cuda_in_handlers", &LossCounters::cuda_in_handlers,
     "operations on CUDA memory by signal handlers that had interrupted weir, not recorded"},
    {"cuda_frees_missed", &LossCounters::cuda_frees_missed,
     "CUDA blocks that were freed unseen: their address was handed out again"},
    {"children_unrecorded", &LossCounters::children_unrecorded,
     "child processes that could not open a profile of their own: a seccomp filter forbids it"},
    {"cuda_facts_dropped", &LossCounters::cuda_facts_dropped,
     "facts of CUDA (devices, releases, unhooked functions) without room"},
};

std::vector<std::string> all_warnings(const Context& context) {
  std::vector<std::string> out = context.profile.warnings;
  for (std::size_t i = 0; i != std::min(out.size(), context.profile.warned_in.size()); ++i)
    if (const std::uint32_t times = context.profile.warned_in[i]; times != 0)
      out[i] += times == 1 ? " (in 1 process)" : fmt::format(" (in {} processes)", exact(times));
  out.insert(out.end(), context.profile.damage.begin(), context.profile.damage.end());
  out.insert(out.end(), context.symbols.warnings.begin(), context.symbols.warnings.end());
  return out;
}

constexpr std::string_view kRoutes[profile::kCudaRoutes] = {"linked", "dlsym", "proc_address", "patched"};
constexpr std::string_view kRouteWords[profile::kCudaRoutes] = {"linked", "by dlsym", "by cuGetProcAddress",
                                                                "patched"};

std::optional<std::string> driver_version(const Profile& profile) {
  const std::uint32_t version = profile.cuda_driver_version;
  if (version == 0) return std::nullopt;
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

void put_cuda(Sink& sink, const Profile& profile) {
  sink.member("cuda_driver", driver_version(profile));
  sink.object("routes", [&] {
    for (std::size_t i = 0; i != profile::kCudaRoutes; ++i) sink.member(kRoutes[i], profile.cuda_calls[i]);
  });
  sink.list("unhooked_symbols", [&] {
    for (const Unhooked& each : profile.unhooked) {
      sink.begin_object();
      sink.member("name", each.name);
      sink.member("route", kRoutes[each.route]);
      sink.member("why", each.why);
      sink.member("times", each.times);
      sink.end_object();
    }
  });
  sink.list("deepbind_opens", [&] {
    for (const DeepbindOpen& each : profile.deepbinds) {
      sink.begin_object();
      sink.member("path", each.path);
      sink.member("times", each.times);
      sink.end_object();
    }
  });
}

/// What `words` says of each, as one sentence; at most ten of them.
template <class List, class Words>
std::string enumerated(const List& list, Words&& words) {
  constexpr std::size_t kShown = 10;
  std::string out;
  for (std::size_t i = 0; i != std::min(list.size(), kShown); ++i)
    out += (i == 0 ? "" : ", ") + words(list[i]);
  if (list.size() > kShown) out += fmt::format(" and {} more", list.size() - kShown);
  return out;
}

void cuda_text(const Profile& profile, Section& out) {
  std::vector<std::string> routes;
  for (std::size_t i = 0; i != profile::kCudaRoutes; ++i)
    if (profile.cuda_calls[i] != 0)
      routes.push_back(fmt::format("{} {}", exact(profile.cuda_calls[i]), kRouteWords[i]));
  if (!routes.empty())
    out.say(fmt::format("CUDA driver {}; calls that weir saw: {}.",
                        driver_version(profile).value_or("of unknown version"), fmt::join(routes, ", ")));
  if (!profile.unhooked.empty())
    out.say("! functions of the driver that allocate, and were used unhooked: " +
            enumerated(profile.unhooked, [](const Unhooked& each) {
              return fmt::format("{} ({}, {}: {})", printable(each.name), kRouteWords[each.route],
                                 counted(each.times, "time"), printable(each.why));
            }));
  if (!profile.deepbinds.empty())
    out.say("Opened with RTLD_DEEPBIND: " + enumerated(profile.deepbinds, [](const DeepbindOpen& each) {
              return fmt::format("{} ({})", printable(each.path), counted(each.times, "time"));
            }));
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
  put_cuda(sink, profile);
  sink.object("scan", [&] { put_scan(sink, profile); });
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
  cuda_text(profile, out);
  bool complete = profile.record_mode != 2 && profile.unhooked.empty();
  for (std::string& sentence : scan_sentences(profile)) {
    complete = complete && !sentence.starts_with("! ");
    out.say(std::move(sentence));
  }
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
    out.say(profile.is_sampled() ? "No record was lost but what was not sampled." : "No record was lost.");
  out.data = [&context](Sink& sink) { put_coverage(sink, context); };
  return out;
}

}  // namespace weir::tool
