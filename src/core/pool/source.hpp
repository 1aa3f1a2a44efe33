// What a pool stands in front of.
//
// A source is made for each call: it carries what the call brings along (the driver's functions by the route of the caller).
// Its functions may wait, and may call the program's hooks: the pool never holds its lock over them (stance(), pages and
// the clock apart).
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

/// What the pool may do for a place at present.
enum class Stance : std::uint8_t {
  Act,  ///< its part: wait, mark, look, give idle blocks back
  Queue,  ///< ask nothing of the device (a stream is being captured). Idle blocks are handed out, deferred frees queue;
  ///< strict ones are the source's
  Aside,  ///< nothing: the call is the source's (the place is not the caller's current one, it is not sure what this is …)
};

/// What became of an idle block that the pool would be rid of.
enum class Shed : std::uint8_t {
  Gone,
  Busy,  ///< it would have had to wait for work that has nothing to do with the block
  Refused,
};

template <class S>
concept BlockSource = requires(S& source, typename S::Place& place, typename S::Fence& fence,
                               std::uint64_t bytes, std::uint64_t& address, typename S::Result result) {
  // Place   where blocks are from and who may touch them: a context; flags of pinned memory. Copied, compared with ==.
  // Fence   a mark behind all work submitted so far. All-zero: none. Copied; of the copies one is dropped.
  // Result  the driver's code. S::kSuccess; is_no_memory(result); S::kNoSuchBlock, what freeing a freed block answers.
  requires std::equality_comparable<typename S::Place>;
  { S::kSuccess } -> std::convertible_to<typename S::Result>;
  { S::kNoSuchBlock } -> std::convertible_to<typename S::Result>;
  { S::is_no_memory(result) } -> std::same_as<bool>;

  /// A fresh block; `address` is set on success only.
  { source.allocate(place, bytes, address) } -> std::same_as<typename S::Result>;
  /// Gives a block back, as the program itself would: may wait for whatever that waits for.
  { source.release(place, address) } -> std::same_as<typename S::Result>;

  /// Gives an idle block back. Never waits for work of the device.
  { source.shed(place, address) } -> std::same_as<Shed>;
  /// NotYet: what this source has shed is on its way, or what made it Busy goes on: asking for memory again is worth it when
  /// it says Done.
  { source.shed_progress() } -> std::same_as<Progress>;

  /// Asked before each free, UNDER THE POOL'S LOCK, as the only one of these: it reads what the source has found out
  /// before (when it was made) and flags, takes no lock and calls nobody.
  { source.stance(place) } -> std::same_as<Stance>;
  /// Waits for what the source's own free of a block of the place waits for; else the device's error.
  { source.wait(place) } -> std::same_as<typename S::Result>;
  /// Is that all work that may touch blocks of the place? Else success of wait() proves nothing, and a mark has to. Asked
  /// before the wait, UNDER THE POOL'S LOCK, as stance().
  { source.waits_for_all(place) } -> std::same_as<bool>;
  /// Puts a mark behind all work submitted before that may touch blocks of the place, whoever has submitted it. False: not
  /// now; nothing has happened.
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

/// One that grants parts of what it has (slab_source.hpp): to the driver their addresses say nothing.
template <class S>
concept CarvingSource = BlockSource<S> &&
    requires(S& source, typename S::Place& place, std::uint64_t bytes, std::uint64_t& address) {
  /// Was the block that the last allocate() granted carved? Such a block has its own ways back, and takes them only when it
  /// is proven unused; release() is for the others.
  { source.is_carved() } -> std::same_as<bool>;
  /// A block that the driver knows.
  { source.allocate_whole(place, bytes, address) } -> std::same_as<typename S::Result>;
  { source.release_carved(place, address) } -> std::same_as<void>;
  /// The same for one that others may still hold, or that is not proven unused: it is not granted again.
  { source.release_exported(place, address) } -> std::same_as<void>;
  /// As wait(), for a place that need not be the caller's current one.
  { source.wait_from_anywhere(place) } -> std::same_as<typename S::Result>;
  /// Gives back to the driver what is carved up for nobody. Bytes.
  { source.release_empty(place) } -> std::same_as<std::uint64_t>;
  /// The place is gone. Called UNDER THE POOL'S LOCK: concerns the source's books only.
  { source.lost(place) } -> std::same_as<void>;
  /// How often the last allocate(), release() … called the driver.
  { source.calls() } -> std::same_as<std::uint32_t>;
};

}  // namespace weir::pool
