// Identity of a stack, in the end 96 bits of it: made from the oldest frame to the youngest.
#pragma once

#include <cstdint>

namespace weir {

struct StackHash {
  std::uint64_t a, b;

  static constexpr StackHash empty() noexcept { return {0x9ddfea08eb382d69ULL, 0x2545f4914f6cdd1dULL}; }
  [[nodiscard]] constexpr StackHash extended(std::uintptr_t pc) const noexcept {
    return {a * 0x9e3779b97f4a7c15ULL + pc, (b ^ pc) * 0xc2b2ae3d27d4eb4fULL};
  }
};

}  // namespace weir
