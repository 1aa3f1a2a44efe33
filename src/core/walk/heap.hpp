// All tagged blocks that live in this process, and which of them a word points into.
//
//   word ─→ root[word >> 30] ─→ leaf[page] = number of an extent ─→ {address, block bytes, first} ─→ state[first + place]
//                           └─→ no_leaf_, all zeros, where the heap has no page
//
// Built from jemalloc's page map (host/extents.hpp) without a lock; a block lives if its tag says so.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/host/host.hpp"
#include "core/walk/array.hpp"

namespace weir::walk {

/// What is known of a place for a block.
enum class State : std::uint8_t {
  Free,       ///< nobody's
  Unreached,  ///< a live block that nothing was found to point to, so far
  Reachable,  ///< from a root, or from a reachable block
  Lost,       ///< from nowhere, or only from what it leads to itself
  LostToo,    ///< only from lost blocks
  Unsure,     ///< nothing points to it now, but something may in a moment (lost_set.hpp)
};

/// A place for a block.
struct Place {
  std::uint32_t extent;
  std::uint32_t number;
};

class Heap {
 public:
  Heap() noexcept = default;
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// Once. False: jemalloc's layout is not known, or no memory.
  [[nodiscard]] bool build() noexcept;

  [[nodiscard]] std::uint32_t extent_count() const noexcept { return extent_count_; }
  [[nodiscard]] std::uint32_t live_blocks() const noexcept { return live_; }
  [[nodiscard]] const host::Extent& extent(std::uint32_t number) const noexcept {
    return extents_[number].facts;
  }

  /// Places in the order of their addresses: a place's number among all, and the number of them.
  [[nodiscard]] std::uint32_t rank(Place place) const noexcept {
    return extents_[place.extent].first_state + place.number;
  }
  [[nodiscard]] std::uint32_t places() const noexcept { return places_; }

  [[nodiscard]] State& state(Place place) const noexcept { return states_[rank(place)]; }
  [[nodiscard]] char* block(Place place) const noexcept {
    const host::Extent& facts = extents_[place.extent].facts;
    return reinterpret_cast<char*>(facts.address + place.number * facts.block_bytes);
  }

  /// From the lowest place for a block to the end of the highest one.
  struct Span {
    std::uintptr_t begin, bytes;
    [[nodiscard]] bool has(std::uintptr_t word) const noexcept { return word - begin < bytes; }
  };
  [[nodiscard]] Span span() const noexcept { return span_; }
  /// True if `word` points into a place for blocks: into a block, if one lives there, or behind it.
  [[nodiscard]] bool find(std::uintptr_t word, Place& place) const noexcept {
    if (!span_.has(word)) return false;
    const std::uint32_t slot = slot_of(word);
    return slot != 0 && find_in(slot, word, place);
  }

  // The same in steps, for many words at a time: what a step is about to read the one before can have fetched.
  /// Of a word in the span: the number of the extent whose page that is, plus 1; 0: of none.
  [[nodiscard]] std::uint32_t slot_of(std::uintptr_t word) const noexcept {
    return root_[word >> kLeafShift][(word >> kPageShift) & kLeafMask];
  }
  void fetch_extent(std::uint32_t number) const noexcept { __builtin_prefetch(&extents_[number]); }
  [[nodiscard]] bool find_in(std::uint32_t slot, std::uintptr_t word, Place& place) const noexcept {
    const Entry& entry = extents_[slot - 1];
    const std::uint64_t offset = word - entry.facts.address;
    if (offset >= entry.facts.bytes) return false;
    const std::uint64_t number =
        entry.facts.is_slab ? (offset * entry.reciprocal) >> 32 : offset / entry.facts.block_bytes;
    place = {slot - 1, static_cast<std::uint32_t>(number)};
    return number < entry.facts.blocks;
  }
  void fetch_block(Place place) const noexcept { __builtin_prefetch(block(place)); }

  /// A block that is live without a tag, as the engine knows: its tag is taken off while it is resized.
  void enliven(const void* block) noexcept;

 private:
  static constexpr unsigned kPageShift = 12, kLeafShift = 30;
  static constexpr std::uintptr_t kLeafMask = (std::uintptr_t{1} << (kLeafShift - kPageShift)) - 1;
  static constexpr std::size_t kLeafBytes = (kLeafMask + 1) * sizeof(std::uint32_t);
  static constexpr std::size_t kRootSlots = std::size_t{1} << (47 - kLeafShift);

  struct Entry {
    host::Extent facts;
    std::uint32_t first_state;
    std::uint32_t reciprocal;  ///< 2^32 / block bytes, rounded up: exact for offsets in a slab
  };

  [[nodiscard]] bool add(const host::Extent& facts, std::uint32_t number, std::uint32_t first_state) noexcept;
  [[nodiscard]] bool note_pages(const host::Extent& facts, std::uint32_t number) noexcept;

  Array<Entry> extents_;
  Array<State> states_;
  Array<std::uint32_t*> root_;
  Array<std::uint32_t> no_leaf_;  ///< in `root_` wherever the span has no leaf
  std::uint32_t extent_count_ = 0, places_ = 0, live_ = 0;
  Span span_{};
};

}  // namespace weir::walk
