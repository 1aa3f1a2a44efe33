// Small blocks carved from slabs of 2 MiB that a source grants. A passive structure, as Cache: it never calls anybody, all
// use is under its owner's lock. It knows nothing of the device: what is given back may be carved anew at once.
//
//   slab    ┌──────┬───┬───────┬─────────────┬───┬────────┐    granules of 512 bytes, 4096 of them
//           │ used │ u │ free  │    used     │ u │  free  │
//   used    1111111111111000000011111111111111111100000000     free ranges are what lies between: always coalesced,
//   begins  1000000010000000000010000000000000100000000000     and searched by address
//
// Slabs are in lists by the length of their longest free range; a request is carved from the fullest list that may hold it,
// so that slabs that are nearly empty become empty. One empty slab is kept, further ones are the owner's to give back.
#pragma once

#include <cstdint>

#include "core/pool/block_index.hpp"

namespace weir::pool {

/// All-zero is empty.
class Slabs {
 public:
  static constexpr std::uint64_t kSlabBytes = 2U << 20;
  /// No larger request is carved: at most an eighth of a slab is lost behind the last block that fits, which is what a size
  /// class may waste; and such blocks are those of which a program has many.
  static constexpr std::uint64_t kMostCarved = 256U << 10;
  /// Blocks from this size up begin on multiples of 4 KiB, as file and network cards want it; the others on granules.
  static constexpr std::uint64_t kPageAligned = 64U << 10;

  /// A block of `bytes` (1 … kMostCarved). False: a slab must be added before, nothing has changed.
  [[nodiscard]] bool carve(std::uint64_t bytes, std::uint64_t& address) noexcept;
  /// The source has granted kSlabBytes at `base`. False: no memory; nothing has changed.
  [[nodiscard]] bool add(Pages pages, std::uint64_t base) noexcept;
  /// The carved block that begins here is free. Not 0: this slab is empty, is no longer one, and goes back to the source.
  [[nodiscard]] std::uint64_t give_back(std::uint64_t address) noexcept;
  /// Others may hold the slab around this address: nothing is carved from it any more, it goes back when it is empty.
  void seal(std::uint64_t address) noexcept;
  [[nodiscard]] bool is_sealed(std::uint64_t address) const noexcept;
  /// add() for an empty slab that was sealed, and that the source has not taken back: nothing is carved from it.
  void add_sealed(Pages pages, std::uint64_t base) noexcept;
  /// An empty slab that is still here: it is no longer one, and goes back to the source. 0: there is none.
  [[nodiscard]] std::uint64_t take_empty() noexcept;
  /// The slabs are gone. Their books are used for others.
  void lose_all() noexcept;

  struct Carved {
    std::uint64_t slab;  ///< where the slab begins
    std::uint64_t base,
        bytes;  ///< the block around the address, in granules; 0, 0: there is none, the address is free
  };
  /// What is at this address, the beginning of a block or any other. False: it is in no slab.
  [[nodiscard]] bool find(std::uint64_t address, Carved& carved) const noexcept;
  /// Does a carved block begin here?
  [[nodiscard]] bool begins(std::uint64_t address) const noexcept;

  [[nodiscard]] std::uint64_t slabs() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return count_ * kSlabBytes; }
  [[nodiscard]] std::uint64_t carved_bytes() const noexcept { return carved_granules_ * kGranule; }
  [[nodiscard]] std::uint64_t own_bytes() const noexcept { return own_bytes_; }

 private:
  static constexpr std::uint64_t kGranule = 512;
  static constexpr std::uint32_t kGranules = kSlabBytes / kGranule, kWords = kGranules / 64;
  static constexpr std::uint32_t kLists = 13;  ///< longest free range 1, 2 and 3, 4 … 7, …, 4096 granules
  static constexpr std::uint32_t kMostLooks = 64;
  static constexpr std::size_t kNodePage = 64U << 10;

  struct Slab {
    std::uint64_t base;
    std::uint64_t used[kWords], begins[kWords];
    std::uint32_t used_granules;
    std::uint32_t
        room;  ///< no free range is longer; in list log2 of it, in none if it is 0 or the slab is sealed
    bool is_sealed, is_listed;
    Slab *next, *previous;
  };

  [[nodiscard]] Slab* slab_at(std::uint64_t address) const noexcept;
  [[nodiscard]] std::uint64_t place_of(std::uint64_t base) const noexcept;
  [[nodiscard]] static std::uint32_t search(Slab& slab, std::uint32_t granules, std::uint32_t step) noexcept;
  std::uint64_t take(Slab& slab, std::uint32_t at, std::uint32_t granules) noexcept;
  void list(Slab& slab) noexcept;
  void unlist(Slab& slab) noexcept;
  void set_room(Slab& slab, std::uint32_t room) noexcept;
  void remove(Slab& slab) noexcept;
  [[nodiscard]] Slab* new_node(Pages pages) noexcept;
  [[nodiscard]] bool make_place(Pages pages) noexcept;

  Slab** by_address_;  ///< in order
  std::uint64_t capacity_, count_, carved_granules_, own_bytes_;
  Slab* lists_[kLists];  ///< those of the last are empty
  Slab* unused_;         ///< nodes, by next
};

}  // namespace weir::pool
