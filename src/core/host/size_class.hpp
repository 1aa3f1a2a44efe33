// jemalloc's size classes, as arithmetic: four per doubling, 16 bytes apart at the least (its 8-byte class is never
// asked for: host::begin() takes it out). host::begin() compares this with jemalloc's own answers.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir::host {

/// Bytes of the block that jemalloc hands out for a request of `bytes` > 8. For bytes <= 2^62.
constexpr std::size_t size_class(std::size_t bytes) noexcept {
  const unsigned top_bit = static_cast<unsigned>(std::bit_width(bytes - 1));  // bytes in (2^(top-1), 2^top]
  const unsigned spacing = top_bit > 7 ? top_bit - 3 : 4;
  const std::size_t mask = (std::size_t{1} << spacing) - 1;
  return (bytes + mask) & ~mask;
}

/// From here on a block has pages of its own; below, it has a place in a slab.
inline constexpr std::size_t kSmallestLarge = 16384;

inline constexpr std::size_t kTabulated = 4096;
/// size_class(16 i), for what nearly all requests are.
inline constexpr auto kSizeClasses = [] {
  std::array<std::uint16_t, kTabulated / 16 + 1> table{};
  for (std::size_t i = 1; i != table.size(); ++i) table[i] = static_cast<std::uint16_t>(size_class(16 * i));
  return table;
}();

static_assert(size_class(9) == 16 && size_class(16) == 16 && size_class(17) == 32 && size_class(128) == 128);
static_assert(size_class(129) == 160 && size_class(160) == 160 && size_class(257) == 320);
static_assert(size_class(4097) == 5120 && size_class(14337) == 16384 && size_class(16385) == 20480);

}  // namespace weir::host
