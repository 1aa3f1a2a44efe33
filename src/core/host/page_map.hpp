// jemalloc's own map from page to size class, read without its locks: the size of a block in two loads, and a safe
// answer for a pointer that is no block.
//
//   root[p >> 30] ─→ leaf[(p >> 12) & 0x3ffff] = one word a page:
//       63..48 size class index │ 47..7 edata │ 4..2 state (0: active) │ 1 head page │ 0 slab
//
// edata holds at byte 8 the address of the slab, or of the large block, at byte 16 its size, with other bits below 4096. A slab's pages all carry the word, a large block's first page does. The layout is private to jemalloc 5.3, so
// begin() proves it on live blocks; where that fails (another jemalloc), jemalloc's own sallocx answers, and a wild
// pointer in our range is as fatal as it is with jemalloc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/bits.hpp"

extern "C" std::size_t weir_je_sallocx(const void*, int) noexcept;

namespace weir::host {

struct PageMap {
  const std::uintptr_t* root;  ///< an empty one when the layout is not proven
  bool proven;
  bool sizes_proven;                         ///< of edata too: extents can be walked (extents.hpp)
  std::uint32_t large_pad;                   ///< bytes that a large block's extent has beyond its class
  std::array<std::uint32_t, 64> slab_bytes;  ///< of each small class
  std::array<std::uint64_t, 256>
      bytes;  ///< of each size class index; of the first, 8 bytes, that is never used: 0
};
[[gnu::visibility("hidden")]] extern constinit PageMap g_page_map;

/// Finds and proves the layout. After jemalloc works, before any other thread.
void prove_page_map() noexcept;

/// Bytes of the size class of the live or cached block that starts at `p`; 0: no block starts on this page.
/// `p` lies in memory that is_ours().
inline std::size_t class_bytes_of(const void* p) noexcept {
  const std::uintptr_t at = address_of(p);
  const std::uintptr_t leaf = __atomic_load_n(&g_page_map.root[at >> 30], __ATOMIC_RELAXED);
  if (leaf == 0) [[unlikely]]
    return g_page_map.proven ? 0 : weir_je_sallocx(p, 0);
  const std::uint64_t word = __atomic_load_n(
      reinterpret_cast<const std::uint64_t*>(leaf) + ((at >> 12) & 0x3ffff), __ATOMIC_RELAXED);
  if ((word & 0x1c) != 0) [[unlikely]]
    return 0;
  return g_page_map.bytes[(word >> 48) & 0xff];
}

/// The word of the page at `at`; 0: jemalloc has none.
inline std::uint64_t page_word(std::uintptr_t at) noexcept {
  const std::uintptr_t leaf = __atomic_load_n(&g_page_map.root[at >> 30], __ATOMIC_RELAXED);
  if (leaf == 0) return 0;
  return __atomic_load_n(reinterpret_cast<const std::uint64_t*>(leaf) + ((at >> 12) & 0x3ffff),
                         __ATOMIC_RELAXED);
}

/// Address and size of the extent that a page's word names; never unmapped, but it may be on its way to mean another extent.
struct ExtentFacts {
  std::uintptr_t address;
  std::uint64_t bytes;
};
inline ExtentFacts extent_facts(std::uint64_t word) noexcept {
  // The upper 16 bits are the size class, the lower 7 flags.
  const auto* edata = reinterpret_cast<const std::uintptr_t*>((word << 16 >> 16) & ~std::uint64_t{0x7f});
  return {__atomic_load_n(edata + 1, __ATOMIC_RELAXED),
          __atomic_load_n(edata + 2, __ATOMIC_RELAXED) & ~std::uint64_t{4095}};
}

/// True if `p`, for which class_bytes_of() gave `class_bytes`, is the start of a block and not inside one. Slow path.
[[nodiscard]] bool starts_a_block(const void* p, std::size_t class_bytes) noexcept;

}  // namespace weir::host
