// Arithmetic on sizes and addresses.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

constexpr bool is_pow2(std::uint64_t n) noexcept { return n != 0 && (n & (n - 1)) == 0; }

/// `step` is a power of two; the caller makes sure that the result fits.
constexpr std::uint64_t align_up(std::uint64_t n, std::uint64_t step) noexcept {
  return (n + step - 1) & ~(step - 1);
}
constexpr std::uint64_t align_down(std::uint64_t n, std::uint64_t step) noexcept { return n & ~(step - 1); }

constexpr std::uint64_t divide_up(std::uint64_t n, std::uint64_t step) noexcept {
  return (n + step - 1) / step;
}

inline std::uintptr_t address_of(const void* pointer) noexcept {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

/// A 64-bit mixer: every input bit changes about half of the output bits.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x ^= x >> 32;
  x *= 0x9e3779b97f4a7c15ULL;
  x ^= x >> 29;
  x *= 0xbf58476d1ce4e5b9ULL;
  return x ^ (x >> 32);
}

}  // namespace weir
