#include "core/host/extents.hpp"

#include "core/host/page_map.hpp"

namespace weir::host {
namespace {

constexpr std::uintptr_t kPage = 4096, kLeafBytes = std::uintptr_t{1} << 30;
constexpr std::uint64_t kNotActive = 0x1c, kIsSlab = 1;

/// The extent whose first page is at `at`; bytes 0: none begins there, or it is in flux.
Extent extent_at(std::uintptr_t at, std::uint64_t word) noexcept {
  const std::uint64_t index = word >> 48;
  if (index >= g_page_map.bytes.size() || g_page_map.bytes[index] == 0) return {};
  const ExtentFacts facts = extent_facts(word);
  if (align_down(facts.address, kPage) != at) return {};
  const std::uint64_t block_bytes = g_page_map.bytes[index];
  const bool is_slab = (word & kIsSlab) != 0;
  if (is_slab && index >= g_page_map.slab_bytes.size()) return {};
  const std::uint64_t bytes = is_slab ? g_page_map.slab_bytes[index] : block_bytes + g_page_map.large_pad;
  if (facts.bytes != bytes) return {};
  return {facts.address, bytes,
          block_bytes,   is_slab ? static_cast<std::uint32_t>(bytes / block_bytes) : 1,
          is_slab,       static_cast<std::uint8_t>(index)};
}

}  // namespace

bool can_walk() noexcept { return g_page_map.proven && g_page_map.sizes_proven; }

bool Extents::next(Extent& extent) noexcept {
  for (;;) {
    while (at_ < range_.end) {
      if (__atomic_load_n(&g_page_map.root[at_ >> 30], __ATOMIC_RELAXED) == 0) {
        at_ = align_down(at_, kLeafBytes) + kLeafBytes;
        continue;
      }
      const std::uint64_t word = page_word(at_);
      const std::uintptr_t at = at_;
      at_ += kPage;
      if (word == 0 || (word & kNotActive) != 0) continue;
      extent = extent_at(at, word);
      if (extent.bytes == 0 || at + extent.bytes > range_.end) continue;
      at_ = at + extent.bytes;
      return true;
    }
    if (!mapped_range(number_++, range_)) return false;
    at_ = range_.begin;
  }
}

}  // namespace weir::host
