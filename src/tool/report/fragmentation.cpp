// The arithmetic of held and unused memory, and its wording.
#include "tool/report/fragmentation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

std::uint64_t minus(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }

/// What would help, for the largest loss; nothing when too little is lost to bother.
std::string advice(const Held& lost, std::uint64_t resident) {
  const std::uint64_t largest = std::max({lost.slabs, lost.dirty, lost.cached, lost.rounding});
  if (largest < (1U << 20) || largest * 20 < resident)
    return lost.tables > largest ? "The tables are a fixed cost: there is nothing to gain here."
                                 : "That is little: there is nothing to gain here.";
  if (largest == lost.slabs)
    return "A slab goes back only when its last block is freed, so a few long-lived blocks pin whole slabs: "
           "allocate what lives long before or apart from what lives short, or in one large block.";
  if (largest == lost.dirty)
    return "Pages without blocks go back after a while by themselves; malloc_trim(0) gives them back at "
           "once.";
  if (largest == lost.cached)
    return "Each thread keeps some freed blocks for itself: fewer threads, or threads that end, hold less.";
  return "Sizes just above a size class waste most: ask for sizes just below or equal to one.";
}

std::string losses(const Held& lost) {
  std::vector<std::string> parts;
  const auto say = [&](std::uint64_t bytes, const char* what) {
    if (bytes != 0) parts.push_back(fmt::format("{} {}", human_bytes(bytes), what));
  };
  say(lost.slabs, "in free places of partly filled slabs");
  say(lost.dirty, "in pages without blocks");
  say(lost.tables, "in the allocator's own tables");
  say(lost.cached, "in thread caches");
  say(lost.rounding, "lost by rounding up to size classes");
  say(lost.tags, "for weir's own marks");
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace

Held held(const Profile& profile, const HostStats& stats) {
  const SpaceTotals& host = profile.spaces[static_cast<std::size_t>(Space::Host)];
  constexpr std::uint64_t kTagBytes = 8;  // each recorded block's
  Held out;
  const bool is_known = profile.host_stats.has_value();
  out.requested =
      is_known ? stats.requested + stats.inherited_bytes : host.counts.live_bytes + host.inherited.live_bytes;
  out.requested_variance = is_known ? stats.requested_variance + stats.inherited_variance
                                    : host.counts.spread.live_bytes + host.inherited.spread.live_bytes;
  std::uint64_t left = minus(stats.allocated, out.requested);
  out.tags = std::min(kTagBytes * stats.tagged_blocks, left);
  left -= out.tags;
  out.cached = std::min(stats.cached_bytes, left);
  out.rounding = left - out.cached;
  out.slabs = minus(stats.active, stats.allocated);
  out.tables = std::min(stats.metadata, minus(stats.resident, stats.active));
  out.dirty = minus(stats.resident, stats.active) - out.tables;
  return out;
}

bool are_classes_walked(const Profile& profile) {
  using profile::ScanResult;
  return profile.scan && !profile.scan->classes.empty() &&
         profile.scan->times(ScanResult::Done) + profile.scan->times(ScanResult::NoRoom) >=
             profile.members.size();
}

std::vector<ClassUse> class_use(const Profile& profile) {
  std::vector<ClassUse> out;
  std::vector<profile::SizeClassRecord> classes;
  const bool is_walked = are_classes_walked(profile);
  if (is_walked) classes = profile.scan->classes;
  if (profile.host_stats)
    for (const profile::SizeClassRecord& record : profile.host_stats->classes)
      if (!is_walked || record.slabs == 0) classes.push_back(record);
  for (const profile::SizeClassRecord& record : classes) {
    const double capacity = static_cast<double>(record.capacity_blocks);
    out.push_back({record, (record.capacity_blocks - record.live_blocks) * record.bytes,
                   record.capacity_blocks == 0 ? 0 : static_cast<double>(record.live_blocks) / capacity});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const ClassUse& a, const ClassUse& b) { return a.record.bytes < b.record.bytes; });
  return out;
}

std::vector<ClassUse> worst_classes(const Profile& profile) {
  std::vector<ClassUse> out = class_use(profile);
  std::erase_if(out, [](const ClassUse& use) { return use.unused_bytes == 0; });
  std::stable_sort(out.begin(), out.end(),
                   [](const ClassUse& a, const ClassUse& b) { return a.unused_bytes > b.unused_bytes; });
  return out;
}

std::string fragmentation_in_short(const Profile& profile, const HostStats& stats) {
  const Held lost = held(profile, stats);
  return fmt::format(
      "{} for {} asked for; {} held but unused ({}), {} of fixed cost", human_bytes(stats.resident),
      human_bytes(lost.requested, lost.requested_variance, profile), human_bytes(lost.unused()),
      percent(lost.unused(), stats.resident), human_bytes(lost.fixed()));
}

std::vector<std::string> fragmentation_sentences(const Profile& profile) {
  if (!profile.host_stats)
    return {profile.is_merged() ? "No allocator was ever asked: the processes ended within their first "
                                  "second, or were killed in it."
                                : "The allocator was never asked: the process ended within its first second, "
                                  "or was killed in it."};
  const HostStats& stats = *profile.host_stats;
  const Held lost = held(profile, stats);
  std::vector<std::string> out;
  const std::string when = profile.is_merged()
                               ? fmt::format("In {} of {} processes, each when its allocator was last asked",
                                             exact(stats.processes), exact(profile.members.size()))
                               : human_seconds(stats.at_ns) + " after the start";
  out.push_back(fmt::format(
      "{}, {} of memory were resident for {} of live blocks: {} ({}) held but unused, and {} of fixed cost.",
      when, human_bytes(stats.resident), human_bytes(lost.requested, lost.requested_variance, profile),
      human_bytes(lost.unused()), percent(lost.unused(), stats.resident), human_bytes(lost.fixed())));
  if (const std::string text = losses(lost); !text.empty()) out.push_back("Of it: " + text + ".");
  const std::vector<ClassUse> classes = worst_classes(profile);
  const auto worst =
      std::find_if(classes.begin(), classes.end(), [](const ClassUse& use) { return use.record.slabs != 0; });
  if (worst != classes.end() && lost.slabs >= (64U << 10))
    out.push_back(fmt::format("The emptiest slabs are those for blocks of {}: {} of {} places are used.",
                              human_bytes(worst->record.bytes), exact(worst->record.live_blocks),
                              exact(worst->record.capacity_blocks)));
  out.push_back(advice(lost, stats.resident));
  if (stats.retained != 0)
    out.push_back(fmt::format("{} more are address space only, kept for reuse: they cost no memory.",
                              human_bytes(stats.retained)));
  return out;
}

}  // namespace weir::tool
