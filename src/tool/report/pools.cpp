// The arithmetic of pools.
#include "tool/report/pools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

using profile::PoolClassRecord;
using profile::PoolFree;
using profile::PoolRecord;

/// Sums of a checked pool are not negative.
std::uint64_t bytes(std::int64_t sum) { return static_cast<std::uint64_t>(sum); }

double mean_ns(std::uint64_t ns, std::uint64_t calls) {
  return static_cast<double>(ns) / static_cast<double>(calls);
}

std::uint64_t whole(double ns) { return static_cast<std::uint64_t>(std::min(std::max(ns, 0.0), 0x1p60)); }

/// Each class's hits cost what its own misses did; a class without any, what all did. Where the
/// pool carves, nothing is claimed for what was carved.
std::optional<std::uint64_t> alloc_ns_saved(const Pool& pool) {
  const PoolRecord& r = pool.record;
  if (r.source_allocs == 0 || r.source_alloc_ns == 0) return std::nullopt;
  double mean = mean_ns(r.source_alloc_ns, r.source_allocs);
  // What the driver would have taken for a carved block was not measured.
  if (r.kind == profile::PoolKind::Slab) mean = 0;
  double saved = 0;
  std::uint64_t hits = 0;
  for (const PoolClassRecord& each : pool.classes) {
    const bool is_measured = each.misses != 0 && each.source_ns != 0;
    saved += static_cast<double>(each.hits) * (is_measured ? mean_ns(each.source_ns, each.misses) : mean);
    hits += each.hits;
  }
  if (r.hits > hits) saved += static_cast<double>(r.hits - hits) * mean;
  return whole(saved);
}

/// The highest bin's mean: its blocks differ by an eighth at most.
std::uint64_t largest_idle(const Pool& pool) {
  const std::uint64_t idle = bytes(pool.record.idle_bytes);
  for (auto each = pool.classes.rbegin(); each != pool.classes.rend(); ++each)
    if (each->idle_blocks > 0 && each->idle_bytes > 0)
      return std::min(bytes(each->idle_bytes) / bytes(each->idle_blocks), idle);
  return std::min(pool.record.largest_idle, idle);
}

std::string spent(std::uint64_t ns) { return human_seconds(ns); }

}  // namespace

PoolFacts pool_facts(const Pool& pool) {
  const PoolRecord& r = pool.record;
  PoolFacts out;
  out.reserved = bytes(r.live_bytes) + bytes(r.idle_bytes) + bytes(r.pending_bytes);
  out.internal = bytes(r.live_bytes) - bytes(r.requested_bytes);
  out.external = out.reserved - bytes(r.live_bytes);
  out.largest_idle = largest_idle(pool);
  out.requests = r.hits + r.misses;
  out.frees_kept = r.frees - std::min(r.frees, r.source_frees);
  // Every miss is a call of the driver, but for what is carved.
  out.allocs_kept =
      r.kind == profile::PoolKind::Slab ? out.requests - std::min(out.requests, r.source_allocs) : r.hits;
  out.driver_calls_saved = out.allocs_kept + out.frees_kept;
  out.fence_ns = r.mark_ns;
  out.alloc_ns_saved = alloc_ns_saved(pool);
  // The driver's own frees may have waited for the device, too: what ours waited is no saving.
  if (r.source_frees != 0 && r.source_free_ns != 0) {
    const std::uint64_t all =
        whole(static_cast<double>(out.frees_kept) * mean_ns(r.source_free_ns, r.source_frees));
    out.free_ns_saved = all - std::min(all, r.wait_ns);
  }
  if (out.alloc_ns_saved || out.free_ns_saved) {
    const std::uint64_t both = out.alloc_ns_saved.value_or(0) + out.free_ns_saved.value_or(0);
    out.ns_saved = both - std::min(both, out.fence_ns);
  }
  const std::uint64_t granted = out.reserved + r.shed_bytes;
  out.regranted = granted - std::min(granted, bytes(r.peak_reserved));
  return out;
}

bool was_used(const Pool& pool) {
  const PoolRecord& r = pool.record;
  return (r.hits | r.misses | r.frees | r.aside_allocs | r.callers_passed | r.no_memory) != 0;
}

std::vector<std::string> pool_advice(const Pool& pool, std::uint64_t duration_ns) {
  constexpr std::uint64_t kShareOfRun = 20;  // a twentieth is worth a word
  constexpr std::uint64_t kNotable = 64 << 20;
  constexpr std::uint64_t kFewRequests = 100;
  const PoolRecord& r = pool.record;
  const PoolFacts facts = pool_facts(pool);
  const bool is_device = r.space == Space::Device;
  std::vector<std::string> out;
  if (pool.processes != 1) return out;  // what holds for their sum need not hold for any of them
  if (r.free_mode == PoolFree::Strict && r.wait_ns >= 100'000'000 && r.wait_ns >= duration_ns / kShareOfRun)
    out.push_back(fmt::format("WEIR_DEVICE_FREE=deferred would have saved up to {} of waiting in {}.",
                              spent(r.wait_ns), counted(r.waits, "free")));
  // Where memory ran out, blocks went because of that.
  if (r.no_memory == 0 && facts.regranted >= kNotable && facts.regranted >= bytes(r.peak_reserved) / 10)
    out.push_back(fmt::format(
        "The bound of {} gave back {}, of which at least {} were asked of the driver again: raise "
        "WEIR_DEVICE_IDLE_MAX.",
        human_bytes(r.idle_max), human_bytes(r.shed_bytes), human_bytes(facts.regranted)));
  const std::uint64_t left = r.aside_allocs + r.callers_passed;
  if (left >= kFewRequests && left > facts.requests)
    out.push_back(
        fmt::format("{} of {} were left to the driver: {} by libraries that are not pooled for "
                    "(NCCL, MPI ...), {} while "
                    "a stream was captured or for want of a usable context.",
                    percent(left, left + facts.requests), counted(left + facts.requests, "request"),
                    exact(r.callers_passed), exact(r.aside_allocs)));
  if (facts.internal >= kNotable && facts.internal >= bytes(r.live_bytes) / 5)
    out.push_back(fmt::format(
        "{} of live blocks ({}) are rounding{}.", human_bytes(facts.internal),
        percent(facts.internal, bytes(r.live_bytes)),
        r.kind == profile::PoolKind::Pow2 && is_device ? ": WEIR_DEVICE_POOL=bucket has finer classes" : ""));
  if (r.hits >= kFewRequests && facts.alloc_ns_saved && facts.ns_saved == std::uint64_t{0})
    out.push_back("The pool's fences took more time than its blocks saved: WEIR_DEVICE_FREE=strict.");
  return out;
}

std::vector<std::uint32_t> holders_of(const Profile& profile, Space space, unsigned device,
                                      std::size_t most) {
  std::vector<std::uint32_t> out;
  for (const std::uint32_t number : reported_sites(profile)) {
    const Site& site = profile.sites[number];
    if (site.space != space || site.counts.live_bytes == 0) continue;
    if (space == Space::Pinned || (site.has_device() && site.device == device)) out.push_back(number);
  }
  std::stable_sort(out.begin(), out.end(), [&](std::uint32_t a, std::uint32_t b) {
    return profile.sites[a].counts.live_bytes > profile.sites[b].counts.live_bytes;
  });
  out.resize(std::min(out.size(), most));
  return out;
}

std::string pools_in_short(const Profile& profile) {
  PoolFacts sum;
  std::uint64_t reserved_at_most = 0, saved = 0;
  bool is_measured = false, any = false;
  for (const Pool& pool : profile.pools) {
    if (!was_used(pool)) continue;
    const PoolFacts facts = pool_facts(pool);
    any = true;
    sum.allocs_kept += facts.allocs_kept;
    sum.requests += facts.requests;
    saved += facts.ns_saved.value_or(0);
    is_measured = is_measured || facts.ns_saved;
    reserved_at_most += bytes(pool.record.peak_reserved);
  }
  if (!any || sum.requests == 0) return {};
  std::string out = fmt::format("{} of {} served without the driver, at most {} reserved",
                                percent(sum.allocs_kept, sum.requests), counted(sum.requests, "request"),
                                human_bytes(reserved_at_most));
  if (is_measured && saved != 0)
    out += fmt::format(", {} saved (by the mean of the driver's own calls)", spent(saved));
  return out;
}

std::string asked_words(const profile::OutOfMemoryRecord& r) {
  return r.space == Space::Pinned
             ? fmt::format("{} of page-locked memory", human_bytes(r.asked))
             : fmt::format("{} of {} (device {})", human_bytes(r.asked), space_words(r.space), r.device);
}

std::string out_of_memory_verdict(const profile::OutOfMemoryRecord& r) {
  const std::uint64_t unused = r.driver_free + r.idle + r.pending;
  if (r.limit != 0 && r.asked > r.limit - std::min(r.limit, r.tracked))
    return fmt::format("WEIR_DEVICE_LIMIT allows {} in all, and {} were live.", human_bytes(r.limit),
                       human_bytes(r.tracked));
  if (r.driver_total != 0 && r.asked > r.driver_total)
    return fmt::format("That is more than the device has ({}).", human_bytes(r.driver_total));
  if (r.driver_total != 0 && r.asked <= unused)
    return fmt::format(
        "Fragmentation: {} were unused in all, and the driver found no piece large enough in them.",
        human_bytes(unused));
  if (r.driver_total == 0) return "The driver did not say how much was free.";
  const std::uint64_t known = std::min(r.driver_total, unused + r.tracked);
  const std::uint64_t others = r.driver_total - known;
  std::string out = fmt::format("{} were live, {} unused.", human_bytes(r.tracked), human_bytes(unused));
  if (others >= r.driver_total / 10)
    out += fmt::format(
        " The other {} of {} are not weir's to know: other processes, contexts, modules, rounding.",
        human_bytes(others), human_bytes(r.driver_total));
  return out;
}

}  // namespace weir::tool
