// Counting one operation. The fast path writes only lines that belong to this thread.
#pragma once

#include "core/engine/state.hpp"

namespace weir::engine {

/// Counts for a thread without counters of its own for this site: makes them, or uses the shared ones.
void count_alloc_slow(ThreadState& self, std::uint32_t site, std::size_t bytes) noexcept;
void count_free_slow(ThreadState& self, std::uint32_t site, std::size_t bytes) noexcept;

inline std::int64_t live_of(const profile::CounterRecord& c) noexcept {
  return static_cast<std::int64_t>(c.allocated_bytes - c.freed_bytes);
}

/// The first change of a site after a new peak: what was live until now was live at the peak.
inline void remember_peak(profile::CounterRecord& c) noexcept {
  const std::uint64_t peak = load_relaxed(*g_peak_number);
  if (c.peak_number == peak) return;
  c.at_peak = live_of(c);
  c.peak_number = peak;
}

inline void add_alloc(profile::CounterRecord& c, std::size_t bytes) noexcept {
  remember_peak(c);
  const std::uint64_t allocated = c.allocated_bytes + bytes;
  store_relaxed(c.allocated_blocks, c.allocated_blocks + 1);
  store_relaxed(c.allocated_bytes, allocated);
  const auto live = static_cast<std::int64_t>(allocated - c.freed_bytes);
  if (live > c.highest_live) c.highest_live = live;
}

inline void add_free(profile::CounterRecord& c, std::size_t bytes) noexcept {
  remember_peak(c);
  add_own(c.freed_blocks, 1);
  add_own(c.freed_bytes, bytes);
}

inline void count_alloc(ThreadState& self, std::uint32_t site, std::size_t bytes,
                        const void* block) noexcept {
  profile::CounterRecord* page = self.pages[site / profile::kCountersPerChunk];
  if (page == nullptr) [[unlikely]]
    count_alloc_slow(self, site, bytes);
  else
    add_alloc(page[site % profile::kCountersPerChunk], bytes);
  self.last_block = block;
  self.room -= static_cast<std::int64_t>(bytes);
  if (self.room < 0) [[unlikely]]
    pass_on(self);
  if (--self.ticks == 0) [[unlikely]]
    tick(self);
}

/// `block`: null when the free is part of a realloc, which makes nothing temporary.
inline void count_free(ThreadState& self, std::uint32_t site, std::size_t bytes, const void* block) noexcept {
  if (self.room < self.risen) [[unlikely]]
    pass_on(self);  // a peak is noted when it is left: while live bytes only rise, nothing need be
  profile::CounterRecord* page = self.pages[site / profile::kCountersPerChunk];
  if (page == nullptr || site < g_first_own_site) [[unlikely]]
    return count_free_slow(self, site, bytes);
  profile::CounterRecord& counters = page[site % profile::kCountersPerChunk];
  add_free(counters, bytes);
  if (block != nullptr && block == self.last_block) {
    self.last_block = nullptr;
    add_own(counters.temporary_blocks, 1);
  }
  self.room += static_cast<std::int64_t>(bytes);
  if (self.room > self.ceiling) [[unlikely]]
    pass_on(self);
}

}  // namespace weir::engine
