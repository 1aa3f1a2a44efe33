// Identity of a stack, in the end 96 bits of it: two polynomials in its return addresses, from the oldest frame to the
// youngest, so that the hash of the youngest frames alone follows from two hashes of whole stacks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

struct StackHash {
  std::uint64_t a, b;

  static constexpr StackHash empty() noexcept { return {0x9ddfea08eb382d69ULL, 0x2545f4914f6cdd1dULL}; }
  [[nodiscard]] constexpr StackHash extended(std::uintptr_t pc) const noexcept {
    return {a * kA + pc, b * kB + pc};
  }
  /// 32 bits for an index; two stacks may share them.
  [[nodiscard]] constexpr std::uint32_t short_form() const noexcept {
    return static_cast<std::uint32_t>(a * kB >> 32);
  }
  /// Of the youngest `count` frames alone, where `older` is the hash of all the others.
  [[nodiscard]] constexpr StackHash without(const StackHash& older, std::size_t count) const noexcept {
    return {a - (older.a - empty().a) * power(kA, count), b - (older.b - empty().b) * power(kB, count)};
  }

 private:
  static constexpr std::uint64_t kA = 0x9e3779b97f4a7c15ULL, kB = 0xc2b2ae3d27d4eb4fULL;
  static constexpr std::uint64_t power(std::uint64_t base, std::size_t exponent) noexcept {
    std::uint64_t result = 1;
    for (; exponent != 0; exponent >>= 1, base *= base)
      if ((exponent & 1) != 0) result *= base;
    return result;
  }
};

}  // namespace weir
