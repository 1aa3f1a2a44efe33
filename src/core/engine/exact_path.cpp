// Blocks that are recorded: tagged, with their call stack, counted. All of malloc and free that is not jemalloc.
#include <errno.h>

#include <cstring>

#include "core/engine/capture_site.hpp"
#include "core/engine/count.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/foreign.hpp"
#include "core/engine/handler_path.hpp"
#include "core/engine/misuse.hpp"
#include "core/engine/operation.hpp"
#include "core/engine/sampled_path.hpp"
#include "core/host/host.hpp"

namespace weir::engine {
namespace {

constexpr auto kUntracked = static_cast<std::uint32_t>(profile::FixedSite::Untracked);

/// Of a thread that is quiet, or ends.
[[gnu::noinline, gnu::cold]] void record_without_memory(ThreadState& self, host::Block block,
                                                        std::size_t bytes, Caller caller) noexcept {
  const std::uint32_t site = capture_site_without_memory(self, caller);
  host::write_tag(block.at, block.class_bytes, bytes, site);
  if (site != kUntracked) count_alloc(self, site, bytes, block.at);
}

/// Gives a new block its tag and counts it.
[[gnu::always_inline]] inline void* record(ThreadState& self, host::Block block, std::size_t bytes,
                                           Caller caller) noexcept {
  if (block.at == nullptr) [[unlikely]]
    return out_of_memory();
  stack::Memory* memory = self.memory;
  if (memory == nullptr) [[unlikely]] {
    record_without_memory(self, block, bytes, caller);
    return block.at;
  }
  std::uint32_t site = memory->recall(caller);
  if (site == 0) [[unlikely]]
    site = walk_to_site(*self.memory, caller);
  host::write_tag(block.at, block.class_bytes, bytes, site);
  count_alloc(self, site, bytes, block.at);
  return block.at;
}

/// What a caller that does not say its block's size believes of it.
constexpr std::size_t kAnySize = ~std::size_t{0};

[[gnu::always_inline]] inline void release(ThreadState& self, void* block, std::size_t class_bytes,
                                           host::Tag tag, std::size_t requested, std::size_t believed,
                                           Caller caller) noexcept {
  if (believed != kAnySize && believed != requested) [[unlikely]]
    report_wrong_size(block, tag.site(), requested, believed, caller);
  count_free(self, tag.site(), requested, block);
  host::retire_tag(block, class_bytes, tag);
  host::release(block, class_bytes);
}

/// A free of what is no live block of ours.
[[gnu::noinline, gnu::cold]] void free_wrongly(void* block, const Found& found, Caller caller) noexcept {
  if (found.class_bytes == 0 && host::is_beyond_home(block)) return free_foreign(block);
  report_bad_free(block, found.class_bytes, found.tag, caller);
}

/// Moves what a damaged block holds to a new one; the damaged one is never used again.
[[gnu::noinline, gnu::cold]] void* rescue(void* block, const Found& found, std::size_t bytes,
                                          Caller caller) noexcept {
  void* fresh = exact_alloc(bytes, caller);
  if (fresh != nullptr && found.class_bytes != 0)
    std::memcpy(fresh, block, bytes < found.class_bytes ? bytes : found.class_bytes);
  return fresh;
}

/// Another allocator's block becomes one of ours.
[[gnu::noinline, gnu::cold]] void* adopt(void* block, std::size_t bytes, Caller caller) noexcept {
  const std::size_t held = usable_size_foreign(block);
  if (held == 0) return realloc_foreign(block, bytes);
  void* fresh = exact_alloc(bytes, caller);
  if (fresh == nullptr) return nullptr;
  std::memcpy(fresh, block, bytes < held ? bytes : held);
  free_foreign(block);
  return fresh;
}

/// Any allocating function: `obtain` asks jemalloc, `in_handler` serves a signal handler that must keep out.
template <class Obtain, class InHandler>
[[gnu::always_inline]] inline void* allocate(std::size_t bytes, Caller caller, Obtain obtain,
                                             InHandler in_handler) noexcept {
  ThreadState& self = t_self;
  if (self.inside() && is_inside(self, caller)) [[unlikely]]
    return in_handler();
  const Operation operation{self, caller};
  return record(self, obtain(), bytes, caller);
}

/// A free that is not the usual one: of a block outside the home range, of one that says its size elsewhere, of none.
[[gnu::noinline, gnu::cold]] void free_slowly(ThreadState& self, void* block, std::size_t believed,
                                              Caller caller) noexcept {
  const Found found = find(block);
  if (!found.is_live()) return free_wrongly(block, found, caller);
  const host::Tag tag{found.tag.word};
  release(self, block, found.class_bytes, tag, found.tag.requested, believed, caller);
}

[[gnu::noinline, gnu::cold]] void free_outside(void* block, std::size_t believed, Caller caller) noexcept {
  if (block == nullptr) return;
  if (!host::is_in_outside_mapping(block)) return free_foreign(block);
  ThreadState& self = t_self;
  if (self.inside() && is_inside(self, caller)) return defer_free(self, block);
  const Operation operation{self, caller};
  free_slowly(self, block, believed, caller);
}

/// Any freeing function.
[[gnu::always_inline]] inline void free_block(void* block, std::size_t believed, Caller caller) noexcept {
  if (!host::is_in_home(block)) [[unlikely]]
    return free_outside(block, believed, caller);
  ThreadState& self = t_self;
  if (self.inside() && is_inside(self, caller)) [[unlikely]]
    return defer_free(self, block);
  const Operation operation{self, caller};
  const std::size_t class_bytes = host::class_bytes_of(block);
  if (class_bytes == 0) [[unlikely]]
    return free_slowly(self, block, believed, caller);
  const host::Tag tag = host::load_tag(block, class_bytes);
  if (host::tag_fault(block, tag.word) != 0 || tag.slack() == host::Tag::kLongSlack) [[unlikely]]
    return free_slowly(self, block, believed, caller);
  const std::size_t requested = class_bytes - host::kTagBytes - tag.slack();
  release(self, block, class_bytes, tag, requested, believed, caller);
}

[[gnu::noinline]] void* allocate_large(std::size_t bytes, Caller caller) noexcept {
  if (bytes > host::kMaxRequest) return out_of_memory();
  return allocate(
      bytes, caller, [&] { return host::allocate(bytes); }, [&] { return alloc_in_handler(bytes); });
}

[[gnu::always_inline]] inline void* allocate_any(std::size_t bytes, Caller caller) noexcept {
  if (bytes > host::kMaxSmall) [[unlikely]]
    return allocate_large(bytes, caller);
  return allocate(
      bytes, caller, [&] { return host::allocate_small(bytes); }, [&] { return alloc_in_handler(bytes); });
}

}  // namespace

void* out_of_memory() noexcept {
  errno = ENOMEM;
  return nullptr;
}

void* exact_alloc(std::size_t bytes, Caller caller) noexcept { return allocate_any(bytes, caller); }

void* exact_alloc_zeroed(std::size_t bytes, Caller caller) noexcept {
  if (bytes > host::kMaxRequest) [[unlikely]]
    return out_of_memory();
  return allocate(
      bytes, caller, [&] { return host::allocate_zeroed(bytes); },
      [&] { return alloc_zeroed_in_handler(bytes); });
}

void* exact_alloc_aligned(std::size_t bytes, std::size_t align, Caller caller) noexcept {
  if (align > host::kMaxRequest || bytes > host::kMaxRequest) [[unlikely]]
    return out_of_memory();
  return allocate(
      bytes, caller, [&] { return host::allocate_aligned(bytes, align); },
      [&] { return alloc_aligned_in_handler(bytes, align); });
}

void* exact_malloc(std::size_t bytes) noexcept {
  return stay(allocate_any(bytes, caller_of(__builtin_frame_address(0))));
}

void exact_free(void* block, Caller caller) noexcept { free_block(block, kAnySize, caller); }

void exact_free_here(void* block) noexcept {
  free_block(block, kAnySize, caller_of(__builtin_frame_address(0)));
  stay();
}

void exact_free_sized(void* block, std::size_t bytes, Caller caller) noexcept {
  free_block(block, bytes, caller);
}

void* exact_realloc(void* block, std::size_t bytes, Caller caller) noexcept {
  if (block == nullptr) return exact_alloc(bytes, caller);
  if (bytes == 0) {
    exact_free(block, caller);
    return nullptr;
  }
  if (bytes > host::kMaxRequest) [[unlikely]]
    return out_of_memory();
  if (!host::is_ours(block)) [[unlikely]]
    return adopt(block, bytes, caller);
  const Found found = find(block);
  ThreadState& self = t_self;
  if (self.inside() && is_inside(self, caller)) [[unlikely]] {
    void* fresh = rescue(block, found, bytes, caller);
    if (fresh != nullptr) defer_free(self, block);
    return fresh;
  }
  if (!found.is_live()) [[unlikely]] {
    report_bad_free(block, found.class_bytes, found.tag, caller);
    return rescue(block, found, bytes, caller);
  }
  const Operation operation{self, caller};
  const std::size_t wanted = host::tagged_class(bytes);
  const std::size_t kept = (wanted < found.class_bytes ? wanted : found.class_bytes) - host::kTagBytes;
  store_relaxed(self.moving_bytes, kept);
  store_relaxed(self.moving, static_cast<const void*>(block));
  host::take_tag(block, found.class_bytes);
  host::Block now{block, wanted};
  const bool moves = !host::resize_in_place(block, found.class_bytes, wanted);
  if (moves) now = host::allocate(bytes);
  if (now.at == nullptr) [[unlikely]] {
    host::put_tag_back(block, found.class_bytes, found.tag);
    store_relaxed(self.moving, static_cast<const void*>(nullptr));
    return out_of_memory();
  }
  if (moves) std::memcpy(now.at, block, kept);
  count_free(self, found.tag.site, found.tag.requested, nullptr);
  void* tagged = record(self, now, bytes, caller);
  store_relaxed(self.moving, static_cast<const void*>(nullptr));
  // Not before: what the block holds is held by nothing else until the new one has its tag.
  if (moves) host::release(block, found.class_bytes);
  return tagged;
}

std::size_t host_usable_size(void* block) noexcept {
  if (host::is_in_sampled_home(block)) return sampled_usable_size(block);
  if (!host::is_ours(block)) return usable_size_foreign(block);
  if (!is_exact()) return weir_je_sallocx(block, 0);
  if (!g_asks_for_room.load(std::memory_order_relaxed))
    g_asks_for_room.store(true, std::memory_order_relaxed);
  const Found found = find(block);
  return found.is_live() ? found.tag.usable : 0;
}

}  // namespace weir::engine
