// jemalloc's own map from page to size class, read without its locks: the size of a block in two loads, and a safe
// answer for a pointer that is no block.
//
//   root[p >> 30] ─→ leaf[(p >> 12) & 0x3ffff] = one word a page:
//       63..48 size class index │ 47..7 edata │ 4..2 state (0: active) │ 1 head page │ 0 slab
//
// edata holds at byte 8 the address of the slab, or of the large block. A slab's pages all carry the word, a large block's first page does. The layout is private to jemalloc 5.3, so
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

/// True if `p`, for which class_bytes_of() gave `class_bytes`, is the start of a block and not inside one. Slow path.
[[nodiscard]] bool starts_a_block(const void* p, std::size_t class_bytes) noexcept;

}  // namespace weir::host
