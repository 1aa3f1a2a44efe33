// What a pool stands in front of.
//
// A source is made for each call: it carries what the call brings along (the driver's functions by the route of the caller).
// Its functions may wait, and may call the program's hooks: the pool never holds its lock over them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace weir::pool {

/// How far the work is that a fence stands for.
enum class Progress : std::uint8_t {
  Done,
  NotYet,
  NotNow,  ///< cannot be asked at present (a stream is being captured): ask later
  Broken,  ///< the place has failed for good: nothing is pooled there any more
};

template <class S>
concept BlockSource = requires(S& source, typename S::Place& place, typename S::Fence& fence,
                               std::uint64_t bytes, std::uint64_t& address, typename S::Result result) {
  // Place   where blocks are from and who may touch them: a context; flags of pinned memory. Copied, compared with ==.
  // Fence   a mark behind all work submitted so far. All-zero: none. Copied.
  // Result  the driver's code. S::kSuccess; is_no_memory(result); S::kNoSuchBlock, what freeing a freed block answers.
  requires std::equality_comparable<typename S::Place>;
  { S::kSuccess } -> std::convertible_to<typename S::Result>;
  { S::kNoSuchBlock } -> std::convertible_to<typename S::Result>;
  { S::is_no_memory(result) } -> std::same_as<bool>;

  /// A fresh block; `address` is set on success only.
  { source.allocate(place, bytes, address) } -> std::same_as<typename S::Result>;
  /// Gives a block back, as the program itself would.
  { source.release(place, address) } -> std::same_as<typename S::Result>;

  /// May the pool do its part for a call that concerns this place now? No: while a stream is being captured, when the
  /// place is not the caller's current one, … Cheap; asked before each free.
  { source.is_free_to_act(place) } -> std::same_as<bool>;
  /// Returns when all work submitted before, that may touch blocks of the place, is done; else the device's error.
  { source.wait(place) } -> std::same_as<typename S::Result>;
  /// Puts a mark behind all such work. False: not now; nothing has happened.
  { source.mark(place, fence) } -> std::same_as<bool>;
  { source.look(place, fence) } -> std::same_as<Progress>;
  /// The fence is not needed any more: its events may be used again.
  { source.drop(place, fence) } -> std::same_as<void>;

  /// Pages for the pool's own tables, zeroed; null: none.
  { S::map(std::size_t{}) } -> std::same_as<void*>;
  { S::unmap(static_cast<void*>(nullptr), std::size_t{}) } -> std::same_as<void>;
  /// A monotonic clock, for what calls of the source take.
  { S::now_ns() } -> std::same_as<std::uint64_t>;
  { S::pause_ns(std::uint64_t{}) } -> std::same_as<void>;
  /// lock() and unlock(); zero is unlocked.
  typename S::Lock;
};

}  // namespace weir::pool
