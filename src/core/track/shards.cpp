#include "core/track/shards.hpp"

#include <cstring>

#include "core/base/bits.hpp"

namespace weir::track {

using profile::CounterRecord;
using profile::kCountersPerChunk;

bool Shards::begin(profile::Map& map, std::uint32_t max_sites) noexcept {
  pages_ = static_cast<std::uint32_t>(divide_up(max_sites, kCountersPerChunk));
  first_ = make_shard();
  if (first_ == nullptr) return false;
  first_->shared = true;
  return make_page(map, *first_, 0) != nullptr;
}

Shard* Shards::make_shard() noexcept {
  if (count_ == kMaxShards) return nullptr;
  const std::size_t bytes = sizeof(Shard) + pages_ * sizeof(CounterRecord*);
  auto* shard = static_cast<Shard*>(platform::map_pages(bytes));
  if (shard == nullptr) return nullptr;
  // The rest is touched only when used.
  store_relaxed(own_bytes_, own_bytes_ + (bytes < platform::kPageBytes ? bytes : platform::kPageBytes));
  shard->pages = reinterpret_cast<CounterRecord**>(shard + 1);
  shard->number = static_cast<std::uint16_t>(count_);
  all_[count_] = shard;
  store_release(count_, count_ + 1);
  return shard;
}

Shard* Shards::take(profile::Map& map) noexcept {
  const platform::Holding hold{lock_};
  Shard* shard = free_;
  if (shard != nullptr) free_ = shard->next_free;
  if (shard == nullptr) shard = make_shard();
  store_relaxed(in_use_, in_use_ + 1);
  store_relaxed(map.header().shard_count, count_);
  return shard != nullptr ? shard : first_;
}

void Shards::give_back(Shard* shard) noexcept {
  const platform::Holding hold{lock_};
  store_relaxed(in_use_, in_use_ - 1);
  if (shard->shared) return;
  shard->next_free = free_;
  free_ = shard;
}

CounterRecord* Shards::make_page(profile::Map& map, Shard& shard, std::uint32_t page) noexcept {
  constexpr auto kKind = profile::ChunkKind::Counters;
  std::byte* chunk = &shard == first_ && page != 0 ? map.add_kept_chunk(kKind, shard.number, page)
                                                   : map.add_chunk(kKind, shard.number, page);
  if (chunk == nullptr) return nullptr;
  auto* counters = reinterpret_cast<CounterRecord*>(chunk);
  std::uint32_t used = used_pages_.load(std::memory_order_relaxed);
  while (used <= page && !used_pages_.compare_exchange_weak(used, page + 1, std::memory_order_relaxed)) {
  }
  store_release(shard.pages[page], counters);  // release: shard 0's pages are read by other threads
  return counters;
}

CounterRecord* Shards::make(profile::Map& map, Shard& shard, std::uint32_t site) noexcept {
  const std::uint32_t page = site / kCountersPerChunk;
  CounterRecord* counters = load_acquire(shard.pages[page]);
  if (counters == nullptr && !shard.shared) counters = make_page(map, shard, page);
  if (counters == nullptr) {
    const platform::Holding hold{lock_};
    counters = first_->pages[page];
    if (counters == nullptr) counters = make_page(map, *first_, page);
  }
  return counters == nullptr ? nullptr : counters + site % kCountersPerChunk;
}

Sums Shards::sums(std::uint32_t first_site) noexcept {
  Sums sums{};
  for (std::uint32_t s = 0; s != load_acquire(count_); ++s) {
    for (std::uint32_t page = first_site / kCountersPerChunk;
         page < used_pages_.load(std::memory_order_relaxed); ++page) {
      const CounterRecord* counters = load_acquire(all_[s]->pages[page]);
      if (counters == nullptr) continue;
      for (std::uint32_t i = 0; i != kCountersPerChunk; ++i) {
        if (page * kCountersPerChunk + i < first_site) continue;
        sums.allocated_blocks += load_relaxed(counters[i].allocated_blocks);
        sums.allocated_bytes += load_relaxed(counters[i].allocated_bytes);
        sums.freed_blocks += load_relaxed(counters[i].freed_blocks);
        sums.freed_bytes += load_relaxed(counters[i].freed_bytes);
      }
    }
  }
  return sums;
}

void Shards::fold_for_child(profile::Map& map, std::uint32_t sites) noexcept {
  const std::uint32_t used = used_pages_.load(std::memory_order_relaxed);
  for (std::uint32_t page = 0; page != used; ++page) {
    CounterRecord* into = nullptr;
    for (std::uint32_t s = 0; s != count_; ++s) {
      CounterRecord* from = all_[s]->pages[page];
      if (from == nullptr) continue;
      all_[s]->pages[page] = nullptr;
      if (into == nullptr) {
        into = from;
        continue;
      }
      for (std::uint32_t i = 0; i != kCountersPerChunk; ++i) {
        into[i].allocated_blocks += from[i].allocated_blocks;
        into[i].allocated_bytes += from[i].allocated_bytes;
        into[i].freed_blocks += from[i].freed_blocks;
        into[i].freed_bytes += from[i].freed_bytes;
      }
    }
    if (into == nullptr) continue;
    for (std::uint32_t i = 0; i != kCountersPerChunk; ++i) {
      const CounterRecord sum = page * kCountersPerChunk + i < sites ? into[i] : CounterRecord{};
      into[i] = {.allocated_blocks = sum.allocated_blocks - sum.freed_blocks,
                 .allocated_bytes = sum.allocated_bytes - sum.freed_bytes,
                 .freed_blocks = 0,
                 .freed_bytes = 0,
                 .temporary_blocks = 0,
                 .highest_live = 0,
                 .at_peak = 0,
                 .peak_number = 0};
    }
    first_->pages[page] = into;
  }
  for (std::uint64_t number = 0; number != map.used_chunks(); ++number) {
    profile::ChunkEntry& entry = map.entries()[number];
    if (entry.kind != profile::ChunkKind::Counters) continue;
    if (entry.index < used &&
        reinterpret_cast<CounterRecord*>(map.chunk(number)) == first_->pages[entry.index])
      entry.owner = 0;
    else
      map.drop_chunk(number);
  }
  std::uint64_t kept = 1;  // see Sites::begin()
  for (std::uint32_t page = 1; page < divide_up(sites, kCountersPerChunk); ++page)
    kept += first_->pages[page] == nullptr;
  map.set_kept_room(kept);
  free_ = nullptr;
  for (std::uint32_t s = count_; s-- > 1;) {
    all_[s]->next_free = free_;
    free_ = all_[s];
  }
  in_use_ = 0;
}

}  // namespace weir::track
