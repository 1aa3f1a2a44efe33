#include "core/engine/count.hpp"

namespace weir::engine {
namespace {

/// The counters to use, and whether other threads may write them too.
struct Place {
  profile::CounterRecord* counters;
  bool shared;
};

Place place_for(ThreadState& self, std::uint32_t& site) noexcept {
  track::Shard& shard = *self.shard;
  const auto in_shard = [&](std::uint32_t wanted) {
    profile::CounterRecord* made = g_shards.make(g_map, shard, wanted);
    return Place{made, shard.shared || shard.pages[wanted / profile::kCountersPerChunk] == nullptr};
  };
  Place place = in_shard(site);
  if (place.counters == nullptr) {
    add_shared(losses().counters_dropped, 1);
    site = g_sites.unknown_site();
    place = in_shard(site);
  }
  if (place.counters != nullptr && place.shared) add_shared(losses().shared_shard_uses, 1);
  return place;
}

/// As add_alloc and add_free, where several threads write. The peaks of such a site are late by one operation.
void add_shared_alloc(profile::CounterRecord& c, std::size_t bytes) noexcept {
  remember_peak(c);
  add_shared(c.allocated_blocks, 1);
  add_shared(c.allocated_bytes, bytes);
  const std::int64_t live = live_of(c);
  if (live > load_relaxed(c.highest_live)) store_relaxed(c.highest_live, live);
}

void add_shared_free(profile::CounterRecord& c, std::size_t bytes) noexcept {
  remember_peak(c);
  add_shared(c.freed_blocks, 1);
  add_shared(c.freed_bytes, bytes);
}

}  // namespace

void count_alloc_slow(ThreadState& self, std::uint32_t site, std::size_t bytes) noexcept {
  if (!g_counting.load(std::memory_order_relaxed)) return;
  const Place place = place_for(self, site);
  if (place.counters == nullptr) return;
  if (place.shared)
    add_shared_alloc(*place.counters, bytes);
  else
    add_alloc(*place.counters, bytes);
}

void count_free_slow(ThreadState& self, std::uint32_t site, std::size_t bytes) noexcept {
  if (site == static_cast<std::uint32_t>(profile::FixedSite::Untracked)) return;
  if (!g_counting.load(std::memory_order_relaxed)) return;
  const bool inherited = site < g_first_own_site;
  const Place place = place_for(self, site);
  if (place.counters == nullptr) return;
  if (place.shared)
    add_shared_free(*place.counters, bytes);
  else
    add_free(*place.counters, bytes);
  if (inherited) return;  // the parent's block was never in this process's live bytes
  self.room += static_cast<std::int64_t>(bytes);
  if (self.room > self.ceiling) pass_on(self);
}

}  // namespace weir::engine
