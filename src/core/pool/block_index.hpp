// Address → block, for all caches of a pool. Open addressing on pages of the owner's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/pool/block.hpp"

namespace weir::pool {

/// Where the pool's own pages come from.
struct Pages {
  void* (*map)(std::size_t bytes);  ///< zeroed; null: none
  void (*unmap)(void* base, std::size_t bytes);
};

/// All use is under the pool's lock. All-zero is empty.
class BlockIndex {
 public:
  /// Null: no block begins there.
  [[nodiscard]] Block* find(std::uint64_t address) const noexcept;
  /// Enters a block by its address, in place of one that has the same. False: no memory; nothing has changed.
  [[nodiscard]] bool insert(Pages pages, Block* block) noexcept;
  void erase(std::uint64_t address) noexcept;
  /// Erases every block for which `wanted(block)`.
  template <class Wanted>
  void erase_if(Wanted wanted) noexcept;
  [[nodiscard]] std::uint64_t size() const noexcept { return used_; }
  [[nodiscard]] std::uint64_t own_bytes() const noexcept { return slots_count_ * sizeof(Block*); }

 private:
  [[nodiscard]] std::uint64_t slot_of(std::uint64_t address) const noexcept;
  bool grow(Pages pages) noexcept;

  Block** slots_{};
  std::uint64_t slots_count_{}, used_{};
};

}  // namespace weir::pool
