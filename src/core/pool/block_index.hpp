// Address → block, for all caches of a pool. Open addressing on pages of the owner's.
//
// At most half of the slots are in use, and an erased block's slot is filled by those behind it: most searches look at one
// slot and at the block that they want, however long the table has been in use.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bits.hpp"
#include "core/pool/block.hpp"

namespace weir::pool {

/// Where the pool's own pages come from.
struct Pages {
  void* (*map)(std::size_t bytes);  ///< zeroed; null: none
  void (*unmap)(void* base, std::size_t bytes);
};

/// All use is under the pool's lock. All-zero is empty. A block's address stays while it is in the index.
class BlockIndex {
 public:
  /// Null: no block begins there.
  [[nodiscard]] Block* find(std::uint64_t address) const noexcept {
    return slots_ != nullptr ? slots_[slot_of(address)] : nullptr;
  }
  /// Enters a block by its address, in place of one that has the same. False: no memory; nothing has changed.
  [[nodiscard]] bool insert(Pages pages, Block* block) noexcept;
  void erase(std::uint64_t address) noexcept;
  /// Erases every block for which `wanted(block)`, which may use the node for something else then. One that is not wanted
  /// may be asked for twice.
  template <class Wanted>
  void erase_if(Wanted wanted) noexcept {
    for (std::uint64_t at = 0; at != slots_count_;) {
      // After an erasure another block may be here, one that comes later or that was looked at before the first slot.
      if (slots_[at] != nullptr && wanted(slots_[at]))
        erase_at(at);
      else
        ++at;
    }
  }
  template <class Visit>
  void each(Visit visit) const noexcept {
    for (std::uint64_t at = 0; at != slots_count_; ++at)
      if (slots_[at] != nullptr) visit(*slots_[at]);
  }
  /// Erases all, and gives the pages back.
  void clear(Pages pages) noexcept;
  [[nodiscard]] std::uint64_t size() const noexcept { return used_; }
  [[nodiscard]] std::uint64_t own_bytes() const noexcept { return slots_count_ * sizeof(Block*); }

 private:
  static constexpr std::uint64_t kFirstSlots = 512;  ///< a page of 4 KiB

  /// Where the block of this address is, or the empty slot where it would be.
  [[nodiscard]] std::uint64_t slot_of(std::uint64_t address) const noexcept {
    std::uint64_t at = home_of(address);
    while (slots_[at] != nullptr && slots_[at]->address != address) at = (at + 1) & (slots_count_ - 1);
    return at;
  }
  [[nodiscard]] std::uint64_t home_of(std::uint64_t address) const noexcept {
    return mix(address) & (slots_count_ - 1);
  }
  void erase_at(std::uint64_t hole) noexcept;
  bool grow(Pages pages) noexcept;

  Block** slots_{};
  std::uint64_t slots_count_{}, used_{};  ///< slots: a power of two, or 0
};

}  // namespace weir::pool
