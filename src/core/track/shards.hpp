// The counters of each site, one set of pages per thread ("shard"), so that counting writes no shared line.
//
// Nothing is ever merged: a thread that ends hands its shard, with its sums as they are, to the next thread that
// starts. So the profile is exact at every instant, and the number of shards is the largest number of threads that
// lived at the same time. Shard 0 is shared: threads that have no shard count there, with atomic additions.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/platform/platform.hpp"
#include "core/profile/profile.hpp"

namespace weir::track {

struct Shard {
  std::uint16_t number;
  bool shared;
  Shard* next_free;
  profile::CounterRecord** pages;  ///< for sites 256*i …; null: this shard has not counted there
};

/// Totals over sites and shards.
struct Sums {
  std::uint64_t allocated_blocks, allocated_bytes, freed_blocks, freed_bytes;
};

class Shards {
 public:
  /// Makes shard 0, with the page of the fixed sites. False: no memory.
  [[nodiscard]] bool begin(profile::Map& map, std::uint32_t max_sites) noexcept;

  /// A shard for the calling thread alone; shard 0 when there is no room for another.
  [[nodiscard]] Shard* take(profile::Map& map) noexcept;
  void give_back(Shard* shard) noexcept;

  /// The counters of `site` in `shard`, or in shard 0 when `shard` has no room: there it is kept for every site that exists,
  /// so that who frees a block in a full profile counts it where it was counted. Null: no room anywhere.
  [[nodiscard]] profile::CounterRecord* make(profile::Map& map, Shard& shard, std::uint32_t site) noexcept;

  /// In a forked child, single-threaded: sums up what is live per site into shard 0, as the parent's legacy, and
  /// empties all other shards. `sites`: how many there were at the fork; what is counted beyond is the parent's alone.
  void fold_for_child(profile::Map& map, std::uint32_t sites) noexcept;

  /// Adds up every site from `first_site` on. Any thread; other threads go on counting meanwhile.
  [[nodiscard]] Sums sums(std::uint32_t first_site) noexcept;

  [[nodiscard]] Shard* shared() const noexcept { return first_; }
  [[nodiscard]] bool single() const noexcept { return load_relaxed(in_use_) <= 1; }
  [[nodiscard]] std::uint32_t page_count() const noexcept { return pages_; }
  [[nodiscard]] std::uint64_t own_bytes() const noexcept { return load_relaxed(own_bytes_); }
  [[nodiscard]] platform::Lock& lock() noexcept { return lock_; }

 private:
  static constexpr std::uint32_t kMaxShards = 16384;

  [[nodiscard]] Shard* make_shard() noexcept;
  [[nodiscard]] profile::CounterRecord* make_page(profile::Map& map, Shard& shard,
                                                  std::uint32_t page) noexcept;

  Shard* first_{};
  Shard* free_{};
  Shard* all_[kMaxShards]{};
  std::uint32_t count_{};
  std::uint32_t in_use_{};  ///< threads that have, or had and share, a shard at the moment
  std::uint32_t pages_{};
  std::atomic<std::uint32_t> used_pages_{};  ///< no shard has pages beyond
  std::uint64_t own_bytes_{};
  platform::Lock lock_{};
};

}  // namespace weir::track
