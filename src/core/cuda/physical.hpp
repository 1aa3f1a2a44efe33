// Who holds which piece of physical memory: handles, each as often as it was made or retained, and mappings.
#pragma once

#include <cstdint>

#include "core/cuda/table.hpp"

namespace weir::cuda {

class PhysicalMemory {
 public:
  /// A handle given back, for hold_again().
  struct Released {
    std::uint64_t handle, key;
    std::uint64_t last_of;  ///< the block's key, if nothing holds it any more; else 0
    bool found;             ///< false: no such handle is known
  };

  /// A new block with one handle. Returns its key: the handle, or another number while an older block of the same
  /// handle is still mapped.
  [[nodiscard]] std::uint64_t made(std::uint64_t handle) noexcept;
  /// The program has got one more handle of what is mapped at `address`.
  void retained(std::uint64_t handle, std::uint64_t address) noexcept;
  [[nodiscard]] Released release(std::uint64_t handle) noexcept;
  void hold_again(const Released& released) noexcept;

  void mapped(std::uint64_t address, std::uint64_t bytes, std::uint64_t handle) noexcept;
  /// Forgets one mapping within [begin, end); false: there is none left. `last_of` as in Released.
  [[nodiscard]] bool unmap_one(std::uint64_t begin, std::uint64_t end, std::uint64_t& last_of) noexcept;

 private:
  struct Handle {
    std::uint64_t key;
    std::uint64_t count;
  };
  struct Mapping {
    std::uint64_t key;
    std::uint64_t bytes;
  };

  void hold(std::uint64_t handle, std::uint64_t key) noexcept;
  std::uint64_t let_go(std::uint64_t key) noexcept;

  platform::Lock lock_{};
  Table<Handle> handles_{};
  Table<Mapping> mappings_{};     ///< by their first address
  Table<std::uint64_t> holds_{};  ///< by block: how many handles and mappings
  std::uint64_t others_ = 0;      ///< blocks whose key is not their handle
};

}  // namespace weir::cuda
