// The functions of jemalloc and tcmalloc beyond malloc's family. A program that is linked to one of them may mix them with
// malloc, whose blocks are weir's; so what gives blocks is recorded as malloc is, and what takes them knows both kinds.
// Where the program has no such library these are only more names for the same.
#include <cstddef>
#include <cstring>

#include "core/base/bits.hpp"
#include "hook.hpp"
#include "next.hpp"

using namespace weir;

namespace {

// jemalloc's flags, man 3 jemalloc: the logarithm of the alignment, "zeroed", a thread cache, an arena.
constexpr int kAlignMask = 63, kZero = 64, kArenaShift = 20;

constinit Next<void*(std::size_t, int)> g_mallocx{"mallocx"};
constinit Next<void*(void*, std::size_t, int)> g_rallocx{"rallocx"};
constinit Next<std::size_t(void*, std::size_t, std::size_t, int)> g_xallocx{"xallocx"};
constinit Next<std::size_t(const void*, int)> g_sallocx{"sallocx"};
constinit Next<void(void*, int)> g_dallocx{"dallocx"};
constinit Next<void(void*, std::size_t, int)> g_sdallocx{"sdallocx"};
constinit Next<void(void*)> g_tc_free{"tc_free"};
constinit Next<void*(void*, std::size_t)> g_tc_realloc{"tc_realloc"};
constinit Next<std::size_t(void*)> g_tc_malloc_size{"tc_malloc_size"};
constinit Next<std::size_t(void*)> g_extension_size{"MallocExtension_GetAllocatedSize"};

/// An arena may have memory of a special kind: its blocks are the library's. So is everything that weir stays out of.
bool is_for_library(int flags) noexcept {
  return ((flags >> kArenaShift) != 0 || engine::stays_aside()) && g_mallocx.get() != nullptr;
}

/// As the flags want it.
[[gnu::always_inline]] inline void* alloc(std::size_t bytes, int flags, engine::Caller from) noexcept {
  const std::size_t align = std::size_t{1} << (flags & kAlignMask);
  if (align <= kNaturalAlign && has_by_nature(align, bytes))
    return (flags & kZero) != 0 ? engine::host_alloc_zeroed(bytes, from) : engine::host_alloc(bytes, from);
  void* block = engine::host_alloc_aligned(bytes, align, from);
  return block != nullptr && (flags & kZero) != 0 ? std::memset(block, 0, bytes) : block;
}

/// Without moving nothing grows: the size as it is.
std::size_t size_of(void* block) noexcept { return engine::host_usable_size(block); }

}  // namespace

HOOK(void*, mallocx, std::size_t bytes, int flags) {
  return is_for_library(flags) ? g_mallocx.get()(bytes, flags) : alloc(bytes, flags, caller());
}

/// A program may write as much as this says without asking again: no more than it asked for.
HOOK(std::size_t, nallocx, std::size_t bytes, int) { return bytes; }

HOOK(void*, rallocx, void* block, std::size_t bytes, int flags) {
  if (!engine::is_host_block(block) && g_rallocx.get() != nullptr)
    return g_rallocx.get()(block, bytes, flags);
  if ((flags & (kAlignMask | kZero)) == 0) return engine::host_realloc(block, bytes, caller());
  void* moved = alloc(bytes, flags, caller());
  if (moved == nullptr) return nullptr;
  const std::size_t held = size_of(block);
  std::memcpy(moved, block, held < bytes ? held : bytes);
  engine::host_free(block, caller());
  return moved;
}

HOOK(std::size_t, xallocx, void* block, std::size_t bytes, std::size_t extra, int flags) {
  if (engine::is_host_block(block) || g_xallocx.get() == nullptr) return size_of(block);
  return g_xallocx.get()(block, bytes, extra, flags);
}

HOOK(std::size_t, sallocx, void* block, int flags) {
  if (engine::is_host_block(block) || g_sallocx.get() == nullptr) return size_of(block);
  return g_sallocx.get()(block, flags);
}

HOOK(void, dallocx, void* block, int flags) {
  if (engine::is_host_block(block) || g_dallocx.get() == nullptr) return engine::host_free(block, caller());
  g_dallocx.get()(block, flags);
}

/// Any size up to the usable one is right here, so it is no evidence of misuse.
HOOK(void, sdallocx, void* block, std::size_t bytes, int flags) {
  if (engine::is_host_block(block) || g_sdallocx.get() == nullptr) return engine::host_free(block, caller());
  g_sdallocx.get()(block, bytes, flags);
}

// gperftools: what its own functions give stays its own, and may end in free; what they are given may be weir's.

HOOK(void, tc_free, void* block) {
  if (block == nullptr || engine::is_host_block(block) || g_tc_free.get() == nullptr)
    return engine::host_free(block, caller());
  g_tc_free.get()(block);
}

HOOK(void*, tc_realloc, void* block, std::size_t bytes) {
  if (engine::is_host_block(block) || g_tc_realloc.get() == nullptr)
    return engine::host_realloc(block, bytes, caller());
  return g_tc_realloc.get()(block, bytes);
}

HOOK(std::size_t, tc_malloc_size, void* block) {
  if (engine::is_host_block(block) || g_tc_malloc_size.get() == nullptr) return size_of(block);
  return g_tc_malloc_size.get()(block);
}

HOOK(std::size_t, MallocExtension_GetAllocatedSize, void* block) {
  if (engine::is_host_block(block) || g_extension_size.get() == nullptr) return size_of(block);
  return g_extension_size.get()(block);
}
