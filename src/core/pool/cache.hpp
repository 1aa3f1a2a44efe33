// The blocks of one place. A passive structure: it never calls anybody, all use is under its pool's lock.
//
//   idle     bins of blocks, newest first; all of them in one list by age, of which the oldest are shed
//   pending  one queue, in the order of their frees: what is proven is proven from the front
//
// Of the record it keeps hits and misses, what is live, pending and idle, the peaks and largest_idle; of the classes all but
// source_ns. The rest tells of the source and of the program's calls: that is the pool's.
#pragma once

#include <cstdint>

#include "core/pool/block.hpp"
#include "core/pool/size_class.hpp"
#include "core/profile/format.hpp"

namespace weir::pool {

/// All-zero, then begin(), is an empty cache.
class Cache {
 public:
  /// No search looks at more blocks.
  static constexpr std::uint32_t kMostLooks = 64;

  /// `record` and `bins` (kBins of them) are where the numbers are kept, perhaps together with other caches: those of
  /// the profile, or the caller's own. Never null.
  void begin(Classes classes, profile::PoolRecord* record, profile::PoolClassRecord* bins) noexcept;

  /// An idle block for `request` bytes, now Live: the last freed one of its class, or for large requests the best fit of
  /// most_bytes_for(). Null: there is none. Counts a hit, or nothing.
  [[nodiscard]] Block* take(std::uint64_t request) noexcept;
  /// The source has granted `block->bytes` at `block->address` for `block->requested`: Live from now on. Counts a miss.
  void enter(Block* block) noexcept;

  /// Live or Freeing → Idle.
  void keep(Block* block) noexcept;
  /// Live or Freeing → Pending; `freed` is larger than that of all before.
  void hold(Block* block, std::uint64_t freed) noexcept;
  /// Pending → Idle, for all whose `freed` is at most `upto`. How many.
  std::uint64_t retire(std::uint64_t upto) noexcept;
  /// Whatever state → the caller's, state Leaving: the block is no longer the cache's.
  void leave(Block* block) noexcept;

  /// The least recently used idle blocks, until at most `most` bytes are idle: a list by next, state Leaving; null: none.
  [[nodiscard]] Block* shed_beyond(std::uint64_t most) noexcept;
  /// Idle blocks of at least `bytes` in all, as few as will do: the smallest single one that is large enough, else
  /// the largest ones. All of them where they are not enough.
  [[nodiscard]] Block* shed_for(std::uint64_t bytes) noexcept;
  /// All pending blocks, proven or not: a list by next, state Leaving; null: none.
  [[nodiscard]] Block* shed_pending() noexcept;
  /// The place is gone, and all its blocks with it: they are taken off the record. Their nodes are the caller's to collect.
  void end() noexcept;
  /// A Leaving block that the source would not take back: Idle again, as the last to be shed.
  void restore(Block* block) noexcept;
  /// A Leaving block that the program wanted to free and the source would not take back: Live again. Counts no miss.
  void resume(Block* block) noexcept;

  /// Would a pending block serve this request? (Perhaps, where many of nearly its size are pending.)
  [[nodiscard]] bool has_pending_for(std::uint64_t request) const noexcept;
  [[nodiscard]] std::uint64_t largest_idle() const noexcept;
  [[nodiscard]] std::uint64_t largest_pending() const noexcept;
  [[nodiscard]] std::uint64_t idle_bytes() const noexcept { return idle_bytes_; }
  [[nodiscard]] std::uint64_t pending_bytes() const noexcept { return pending_bytes_; }
  [[nodiscard]] std::uint64_t pending_blocks() const noexcept { return pending_blocks_; }
  [[nodiscard]] std::uint64_t live_bytes() const noexcept {
    return all_bytes_ - idle_bytes_ - pending_bytes_;
  }
  [[nodiscard]] std::uint64_t requested_bytes() const noexcept {
    return requested_bytes_;
  }  ///< of live blocks
  [[nodiscard]] const Block* oldest_pending() const noexcept { return pending_front_; }
  [[nodiscard]] Classes classes() const noexcept { return classes_; }

 private:
  [[nodiscard]] std::uint32_t bin_for(std::uint64_t bytes) const noexcept;
  [[nodiscard]] Block* first_fit(std::uint64_t request) const noexcept;
  [[nodiscard]] Block* best_fit(std::uint64_t request) const noexcept;
  [[nodiscard]] Block* smallest_of(std::uint64_t bytes) const noexcept;
  [[nodiscard]] Block* largest(std::uint64_t looks) const noexcept;
  [[nodiscard]] int bin_from(std::uint32_t bin) const noexcept;
  [[nodiscard]] int highest_bin() const noexcept;

  void add_live(Block* block) noexcept;
  void remove_live(Block* block) noexcept;
  void add_idle(Block* block) noexcept;
  void remove_idle(Block* block) noexcept;
  void add_pending(Block* block) noexcept;
  void remove_pending(Block* block) noexcept;
  void add_to_all(const Block* block) noexcept;
  void note_largest_idle() noexcept;

  Block* bins_[kBins];  ///< newest first
  // What is live is what is left: that spares the way of most calls, Live to Idle and back, half of the counting.
  std::uint32_t blocks_in_[kBins], pending_in_[kBins];
  std::uint64_t bin_bits_[kBins / 64];  ///< which bins have idle blocks
  Block *oldest_, *newest_;
  Block *pending_front_, *pending_back_;
  std::uint64_t all_bytes_, idle_bytes_, pending_bytes_, pending_blocks_;
  std::uint64_t requested_bytes_;  ///< of live blocks
  profile::PoolRecord* record_;
  profile::PoolClassRecord* class_records_;
  Classes classes_;
};

}  // namespace weir::pool
