// The proof that jemalloc's page map looks as page_map.hpp says.
#include "core/host/page_map.hpp"

#include <span>

#include "core/host/jemalloc_api.hpp"

extern "C" char je_arena_emap_global[];  // hidden in the archive, visible to whoever links it

namespace weir::host {

constinit PageMap g_page_map{};

namespace {

constinit std::uintptr_t
    g_empty_root[std::size_t{1} << (47 - 30)]{};  // never touched but where jemalloc is another

constexpr std::size_t kFirstOffset = 16, kLastOffset = 512;

std::size_t ctl_number(const char* name) noexcept {
  std::size_t value = 0, size = sizeof(value);
  return weir_je_mallctl(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

/// jemalloc numbers its size classes small first: arenas.bin.<i>.size, then arenas.lextent.<i>.size.
bool read_class_table(PageMap& map) noexcept {
  auto& table = map.bytes;
  unsigned bins = 0, large = 0;
  std::size_t size = sizeof(bins);
  if (weir_je_mallctl("arenas.nbins", &bins, &size, nullptr, 0) != 0) return false;
  if (weir_je_mallctl("arenas.nlextents", &large, &size, nullptr, 0) != 0) return false;
  if (bins + large > table.size()) return false;
  std::size_t mib[4], depth = 4;
  if (weir_je_mallctlnametomib("arenas.bin.0.size", mib, &depth) != 0) return false;
  for (unsigned i = 0; i != bins; ++i) {
    mib[2] = i;
    std::size_t bytes = 0, length = sizeof(bytes);
    if (weir_je_mallctlbymib(mib, depth, &bytes, &length, nullptr, 0) != 0) return false;
    table[i] = bytes;
  }
  depth = 4;
  if (bins > map.slab_bytes.size() || weir_je_mallctlnametomib("arenas.bin.0.slab_size", mib, &depth) != 0)
    return false;
  for (unsigned i = 0; i != bins; ++i) {
    mib[2] = i;
    std::size_t bytes = 0, length = sizeof(bytes);
    if (weir_je_mallctlbymib(mib, depth, &bytes, &length, nullptr, 0) != 0) return false;
    map.slab_bytes[i] = static_cast<std::uint32_t>(bytes);
  }
  depth = 4;
  if (weir_je_mallctlnametomib("arenas.lextent.0.size", mib, &depth) != 0) return false;
  for (unsigned i = 0; i != large; ++i) {
    mib[2] = i;
    std::size_t bytes = 0, length = sizeof(bytes);
    if (weir_je_mallctlbymib(mib, depth, &bytes, &length, nullptr, 0) != 0) return false;
    table[bins + i] = bytes;
  }
  return true;
}

std::uint64_t word_of(const PageMap& map, std::uintptr_t at) noexcept {
  return reinterpret_cast<const std::uint64_t*>(map.root[at >> 30])[(at >> 12) & 0x3ffff];
}

/// Could be a pointer to jemalloc's metadata.
bool is_plausible(std::uintptr_t word) noexcept { return word != 0 && word % 64 == 0 && (word >> 47) == 0; }

bool describes(const PageMap& map, void* block, bool is_slab) noexcept {
  const std::uintptr_t at = address_of(block);
  const std::uintptr_t leaf = map.root[at >> 30];
  if (!is_plausible(leaf)) return false;
  if (leaf - g_home.base >= g_home.bytes && !is_in_outside_mapping(reinterpret_cast<void*>(leaf)))
    return false;
  const std::uint64_t word = word_of(map, at);
  const bool slab = (word & 1) != 0;
  if (slab != is_slab || (word & 0x1c) != 0 || (word >> 48) >= map.bytes.size()) return false;
  const std::uint64_t bytes = map.bytes[word >> 48];
  if (bytes != weir_je_sallocx(block, 0)) return false;
  const std::uintptr_t extent = extent_facts(word).address;
  return slab ? (at - extent) % bytes == 0 && at - extent < (1U << 20) : at == extent;
}

/// The sizes of all their extents are as the classes say; large ones may have a page more (jemalloc's cache_oblivious).
bool sizes_agree(PageMap& map, std::span<void* const> blocks) noexcept {
  constexpr std::uint64_t kUnknown = ~std::uint64_t{0};
  std::uint64_t pad = kUnknown;
  for (void* block : blocks) {
    const std::uint64_t word = word_of(map, address_of(block));
    const std::uint64_t class_index = word >> 48, bytes = extent_facts(word).bytes;
    if ((word & 1) != 0) {
      if (bytes != map.slab_bytes[class_index]) return false;
      continue;
    }
    const std::uint64_t more = bytes - map.bytes[class_index];
    if (pad != kUnknown && more != pad) return false;
    pad = more;
  }
  map.large_pad = static_cast<std::uint32_t>(pad);
  return pad == 0 || pad == 4096;
}

}  // namespace

void prove_page_map() noexcept {
  g_page_map.root = g_empty_root;
  static constinit PageMap map{};  // large for a stack, and needed once
  if (!read_class_table(map) || ctl_number("arenas.page") != 4096) return;
  void* blocks[] = {weir_je_malloc(24), weir_je_malloc(3000), weir_je_malloc(100'000),
                    weir_je_malloc(3U << 20)};
  unsigned found = 0;
  const std::uintptr_t* root = nullptr;
  bool complete = true;
  for (void* block : blocks) complete = complete && block != nullptr;
  for (std::size_t offset = kFirstOffset; complete && offset <= kLastOffset; offset += 8) {
    map.root = reinterpret_cast<const std::uintptr_t*>(je_arena_emap_global + offset);
    if (describes(map, blocks[0], true) && describes(map, blocks[1], true) &&
        describes(map, blocks[2], false) && describes(map, blocks[3], false)) {
      ++found;
      root = map.root;
    }
  }
  map.root = root;
  map.sizes_proven = found == 1 && sizes_agree(map, blocks);
  for (void* block : blocks) weir_je_free(block);
  if (found != 1) return;  // never guess
  map.proven = true;
  map.bytes[0] = 0;  // also the index in the word of a page that is nobody's
  g_page_map = map;
}

bool starts_a_block(const void* p, std::size_t class_bytes) noexcept {
  if (!g_page_map.proven) return true;  // jemalloc has answered for it
  const std::uintptr_t at = address_of(p);
  const std::uint64_t word = word_of(g_page_map, at);
  const std::uintptr_t extent = extent_facts(word).address;
  return (word & 1) != 0 ? at >= extent && (at - extent) % class_bytes == 0 : at == extent;
}

}  // namespace weir::host
