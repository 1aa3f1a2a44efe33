// What is done now and then: the timeline and the allocator's statistics. No thread of our own does it; whoever
// allocates does, after every 1024 operations, when it is due.
#include <cstring>

#include "core/engine/cuda_count.hpp"
#include "core/engine/cuda_pools.hpp"
#include "core/engine/live_scan.hpp"
#include "core/engine/state.hpp"
#include "core/host/host.hpp"

namespace weir::engine {
namespace {

constexpr std::uint32_t kTicksToClock = 1024;
constexpr std::uint32_t kFirstStepMs = 10;
constexpr std::uint64_t kStatsEveryNs = 1'000'000'000;
constexpr std::uint64_t kNsPerMs = 1'000'000;

constinit std::atomic<std::uint64_t> g_next_point_ns{};
constinit std::atomic<std::uint64_t> g_next_stats_ns{};
constinit std::atomic<bool> g_taking{};  ///< one taker at a time; nobody waits
constinit profile::TimelineRecord* g_points{};
constinit profile::HostStatsRecord* g_takes[2]{};

/// Every second point goes, the others close up: half the resolution for the same room.
void thin_out() noexcept {
  constexpr std::uint32_t kKept = profile::kTimelinePoints / 2;
  for (std::uint32_t i = 1; i != kKept; ++i) g_points[i] = g_points[2 * i];
  store_release(header().timeline_count, kKept);
  std::memset(g_points + kKept, 0, (profile::kTimelinePoints - kKept) * sizeof(g_points[0]));
  header().timeline_step_ms *= 2;
}

void take_point(std::uint64_t now_ns) noexcept {
  profile::Header& h = header();
  if (g_points == nullptr)
    g_points =
        reinterpret_cast<profile::TimelineRecord*>(g_map.add_chunk(profile::ChunkKind::Timeline, 0, 0));
  if (g_points == nullptr) return;
  if (h.timeline_step_ms == 0) h.timeline_step_ms = kFirstStepMs;
  if (h.timeline_count == profile::kTimelinePoints) thin_out();
  profile::TimelineRecord point{};
  point.at_ns = now_ns;
  for (std::uint32_t space = 0; space != profile::kSpaces; ++space)
    point.live[space] = load_relaxed(h.flushed_live[space]);
  const std::int64_t device_live = point.live[static_cast<std::size_t>(profile::Space::Device)];
  point.device_reserved =
      (device_live > 0 ? static_cast<std::uint64_t>(device_live) : 0) + cuda_pools_extra();
  point.resident = platform::resident_bytes();
  point.host_live_variance = h.host_live_variance;
  g_points[h.timeline_count] = point;
  // release: a reader that sees the count sees the point.
  store_release(h.timeline_count, h.timeline_count + 1);
  g_next_point_ns.store(now_ns + h.timeline_step_ms * kNsPerMs, std::memory_order_relaxed);
}

void take_stats(std::uint64_t now_ns, std::int64_t requested) noexcept {
  profile::Header& h = header();
  const std::uint32_t slot = h.host_stats_take % 2;
  if (g_takes[slot] == nullptr)
    g_takes[slot] =
        reinterpret_cast<profile::HostStatsRecord*>(g_map.add_chunk(profile::ChunkKind::HostStats, 0, slot));
  if (g_takes[slot] == nullptr) return;
  profile::HostStatsRecord& take = *g_takes[slot];
  const host::Totals totals = host::totals();
  take.at_ns = now_ns;
  take.allocated = totals.allocated;
  take.active = totals.active;
  // jemalloc counts pages that it may have touched; the process cannot have more than the kernel says.
  const std::uint64_t resident = platform::resident_bytes();
  take.resident = resident != 0 && resident < totals.resident ? resident : totals.resident;
  take.retained = totals.retained;
  take.mapped = totals.mapped;
  take.metadata = totals.metadata;
  take.cached_bytes = totals.cached;
  take.requested = requested > 0 ? static_cast<std::uint64_t>(requested) : 0;
  take.requested_variance = h.host_live_variance;
  static constinit host::ClassUse uses[256]{};  // g_taking admits one; a thread's stack may be small
  const std::size_t count = host::class_uses(uses);
  take.class_count = count;
  for (std::size_t i = 0; i != count; ++i)
    take.classes[i] = {.bytes = uses[i].bytes,
                       .live_blocks = uses[i].live_blocks,
                       .capacity_blocks = uses[i].capacity_blocks,
                       .slabs = uses[i].slabs,
                       .slab_bytes = uses[i].slab_bytes};
  // release: the older take stays whole until this one is.
  store_release(h.host_stats_take, h.host_stats_take + 1);
  h.own_bytes = g_sites.own_bytes() + g_shards.own_bytes() + stack::own_bytes() + cuda_own_bytes();
  g_next_stats_ns.store(now_ns + kStatsEveryNs, std::memory_order_relaxed);
}

}  // namespace

void tick(ThreadState& self) noexcept {
  self.ticks = kTicksToClock;
  std::uint64_t now = coarse_since_start_ns();
  store_relaxed(header().last_seen_ns, now);
  if (load_relaxed(header().request) != 0) serve_request();
  if (now < g_next_point_ns.load(std::memory_order_relaxed)) return;
  if (g_taking.exchange(true, std::memory_order_acquire)) return;
  pass_on(self);
  now = since_start_ns();
  take_point(now);
  if (now >= g_next_stats_ns.load(std::memory_order_relaxed))
    take_stats(now, load_relaxed(header().flushed_live[kHost]));
  g_taking.store(false, std::memory_order_release);
}

void take_last_point(bool brief) noexcept {
  if (brief && header().timeline_count == 0) {
    store_relaxed(header().last_seen_ns, since_start_ns());
    if (t_self.shard != nullptr) pass_on(t_self);
    return;
  }
  if (g_taking.exchange(true, std::memory_order_acquire)) return;
  const std::uint64_t now = since_start_ns();
  store_relaxed(header().last_seen_ns, now);
  if (t_self.shard != nullptr) pass_on(t_self);
  take_point(now);
  const track::Sums sums =
      g_counting.load(std::memory_order_relaxed) ? g_shards.sums(g_first_own_site) : track::Sums{};
  take_stats(now, static_cast<std::int64_t>(sums.allocated_bytes - sums.freed_bytes));
  g_taking.store(false, std::memory_order_release);
}

void forget_pulse() noexcept {
  g_next_point_ns.store(0, std::memory_order_relaxed);
  g_next_stats_ns.store(0, std::memory_order_relaxed);
  g_taking.store(false, std::memory_order_relaxed);
}

}  // namespace weir::engine
