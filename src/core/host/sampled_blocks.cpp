#include "core/host/sampled_blocks.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cstring>
#include <string_view>

#include "core/base/tally.hpp"
#include "core/host/host.hpp"
#include "core/platform/platform.hpp"

namespace weir::host {
namespace {

struct ExtentHooks;
using Hooks = ExtentHooks*;

/// extent_hooks_t of <jemalloc/jemalloc.h> 5.x. Null: the arena does without.
struct ExtentHooks {
  void* (*alloc)(Hooks, void* at, std::size_t bytes, std::size_t align, bool* zero, bool* commit, unsigned);
  bool (*dalloc)(Hooks, void* at, std::size_t bytes, bool committed, unsigned);
  void (*destroy)(Hooks, void* at, std::size_t bytes, bool committed, unsigned);
  bool (*commit)(Hooks, void* at, std::size_t bytes, std::size_t offset, std::size_t length, unsigned);
  bool (*decommit)(Hooks, void* at, std::size_t bytes, std::size_t offset, std::size_t length, unsigned);
  bool (*purge_lazy)(Hooks, void* at, std::size_t bytes, std::size_t offset, std::size_t length, unsigned);
  bool (*purge_forced)(Hooks, void* at, std::size_t bytes, std::size_t offset, std::size_t length, unsigned);
  bool (*split)(Hooks, void* at, std::size_t bytes, std::size_t a, std::size_t b, bool committed, unsigned);
  bool (*merge)(Hooks, void* a, std::size_t bytes_a, void* b, std::size_t bytes_b, bool committed, unsigned);
};

void* take(Hooks, void* at, std::size_t bytes, std::size_t align, bool* zero, bool* commit,
           unsigned) noexcept {
  if (at != nullptr) return nullptr;  // no place is promised
  void* made = map_in_sampled_home(bytes, align);
  if (made == nullptr) return nullptr;
  *zero = *commit = true;
  return made;
}

// True means: not done. The range is never given back, its pages are.
bool keep(Hooks, void*, std::size_t, bool, unsigned) noexcept { return true; }

bool give_back_pages(Hooks, void* at, std::size_t, std::size_t offset, std::size_t length,
                     unsigned) noexcept {
  if (!platform::may(platform::Right::GiveBack)) return true;
  return platform::raw_madvise(static_cast<char*>(at) + offset, length, MADV_DONTNEED) != 0;
}

// All of the range is one kind of mapping: extents are split and merged by saying so.
bool split(Hooks, void*, std::size_t, std::size_t, std::size_t, bool, unsigned) noexcept { return false; }
bool merge(Hooks, void*, std::size_t, void*, std::size_t, bool, unsigned) noexcept { return false; }

constinit ExtentHooks g_hooks{.alloc = take,
                              .dalloc = keep,
                              .destroy = nullptr,
                              .commit = nullptr,
                              .decommit = nullptr,
                              .purge_lazy = nullptr,
                              .purge_forced = give_back_pages,
                              .split = split,
                              .merge = merge};

constexpr int kNoThreadCache = 0x100;  // MALLOCX_TCACHE_NONE
constexpr int kAlignBits = 0x3f;       // MALLOCX_LG_ALIGN
constinit int g_flags{};               // MALLOCX_ARENA of our arena, and no thread cache

constinit void* g_arena{};  // the same, or null: this jemalloc's arena_palloc is not known to us

/// For a thread that jemalloc has ended: from then on it gives it blocks of the first arena, whatever is asked for.
void* allocate_past_thread(std::size_t request, int flags) noexcept {
  if (g_arena == nullptr) return nullptr;
  const std::size_t align = std::size_t{1} << (flags & kAlignBits);
  return je_arena_palloc(nullptr, g_arena, weir_je_nallocx(request, flags), align, (flags & kZeroed) != 0,
                         nullptr);
}

/// The blocks that were released last.
constexpr std::size_t kKept = 64, kLargestKept = 8192;
constinit std::atomic<void*> g_kept[kKept]{};
constinit std::atomic<std::size_t> g_released{};

}  // namespace

bool begin_sampled_blocks() noexcept {
  choose_sampled_home();
  Hooks hooks = &g_hooks;
  unsigned arena = 0;
  std::size_t bytes = sizeof(arena);
  const bool made = weir_je_mallctl("arenas.create", &arena, &bytes, &hooks, sizeof(hooks)) == 0;
  if (made && arena < 4095) {
    g_flags = static_cast<int>((arena + 1) << 20) | kNoThreadCache;
    if (std::string_view{version()}.starts_with("5.3.0")) g_arena = load_acquire(je_arenas[arena]);
    const Block probe = allocate_sampled(1, 0);
    const bool works = probe.at != nullptr && is_in_sampled_home(probe.at);
    if (probe.at != nullptr) release_sampled(probe.at, probe.class_bytes);
    if (works) return true;
  }
  g_sampled_home = {};
  return false;
}

Block allocate_sampled(std::size_t bytes, int flags) noexcept {
  void* at = weir_je_mallocx(tagged_request(bytes), flags | g_flags);
  if (at == nullptr) return {};
  if (is_in_sampled_home(at)) [[likely]]
    return {at, class_bytes_of(at)};
  weir_je_free(at);  // of the first arena
  at = allocate_past_thread(tagged_request(bytes), flags);
  return {at, at == nullptr ? 0 : class_bytes_of(at)};
}

Block reallocate_sampled(void* block, std::size_t bytes) noexcept {
  const std::size_t held = class_bytes_of(block), wanted = tagged_class(bytes);
  if (weir_je_xallocx(block, wanted, 0, g_flags) == wanted) return {block, wanted};
  const Block fresh = allocate_sampled(bytes, 0);
  if (fresh.at == nullptr) return {};
  std::memcpy(fresh.at, block, bytes < held ? bytes : held);
  weir_je_sdallocx(block, held, kNoThreadCache);
  return fresh;
}

void release_sampled(void* block, std::size_t class_bytes) noexcept {
  if (class_bytes <= kLargestKept) {
    const std::size_t place = g_released.fetch_add(1, std::memory_order_relaxed) % kKept;
    // acq_rel: whoever takes the block out sees what was written to it.
    block = g_kept[place].exchange(block, std::memory_order_acq_rel);
    if (block == nullptr) return;
    class_bytes = class_bytes_of(block);
  }
  weir_je_sdallocx(block, class_bytes, kNoThreadCache);
}

}  // namespace weir::host
