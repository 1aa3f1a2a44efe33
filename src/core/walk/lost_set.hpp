// The rule of two looks, for a process whose threads run on: what only a register holds at one instant is not lost. A block
// that really is stays lost, so that only what two looks agree on counts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/walk/cuda_blocks.hpp"
#include "core/walk/heap.hpp"

namespace weir::walk {

/// Addresses of lost blocks, in memory that the looks share. A hash table with open addressing; 0 is an empty slot.
class LostSet {
 public:
  /// How much memory `blocks` addresses take.
  [[nodiscard]] static std::size_t bytes_for(std::size_t blocks) noexcept;

  /// `memory`: zeroed, of bytes_for() bytes.
  LostSet(void* memory, std::size_t bytes) noexcept
      : slots_{static_cast<std::uintptr_t*>(memory)}, count_{bytes / sizeof(std::uintptr_t)} {}

  /// The first look, after Marker::classify(). Beyond three quarters of the slots a block is not noted, and so not called lost.
  void note(const Heap& heap) noexcept;
  void note(const CudaBlocks& cuda) noexcept;

  /// The second one: lost blocks that the first does not call lost become Unsure.
  void forgive(Heap& heap) const noexcept;
  void forgive(CudaBlocks& cuda) const noexcept;

 private:
  void note(std::uintptr_t block) noexcept;
  [[nodiscard]] std::uintptr_t& slot_of(std::uintptr_t block) const noexcept;

  std::uintptr_t* slots_;
  std::size_t count_;  ///< a power of two
  std::size_t used_ = 0;
};

}  // namespace weir::walk
