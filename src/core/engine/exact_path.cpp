// Blocks that are recorded: tagged, with their call stack, counted. All of malloc and free that is not jemalloc.
#include <errno.h>

#include <cstring>

#include "core/engine/capture_site.hpp"
#include "core/engine/count.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/foreign.hpp"
#include "core/engine/misuse.hpp"
#include "core/host/host.hpp"

#define INLINE [[gnu::always_inline]] inline  // the parts of one hot function, in the order they run

namespace weir::engine {
namespace {

constexpr auto kUntracked = static_cast<std::uint32_t>(profile::FixedSite::Untracked);

/// This thread, once it has taken note of what has happened since its last call.
INLINE ThreadState& entered() noexcept {
  ThreadState& self = t_self;
  if (self.generation != load_relaxed(g_guard->generation)) [[unlikely]] enter_thread(self);
  return self;
}

/// Calls jemalloc with the thread marked as being inside it, so that a signal handler knows.
template <class Call>
INLINE auto in_allocator(Call call) noexcept {
  ThreadState& self = t_self;
  const bool before = self.in_allocator;
  self.in_allocator = true;
  const auto result = call();
  self.in_allocator = before;
  return result;
}

/// Gives a new block its tag and counts it.
INLINE void* record(host::Block block, std::size_t bytes, Caller caller) noexcept {
  if (block.at == nullptr) [[unlikely]] return out_of_memory();
  ThreadState& self = entered();
  const std::uint32_t site = capture_site(self, caller);
  host::write_tag(block.at, block.class_bytes, bytes, site);
  if (site != kUntracked) [[likely]] count_alloc(self, site, bytes, block.at);
  return block.at;
}

/// A block of ours as it is found, live or not.
struct Found {
  std::size_t class_bytes;  ///< 0: no block starts on this page
  host::TagReading tag;
  [[nodiscard]] bool is_live() const noexcept { return class_bytes != 0 && tag.state == host::TagState::Live; }
};

INLINE Found find(void* block) noexcept {
  const std::size_t class_bytes = host::class_bytes_of(block);
  if (class_bytes == 0 || address_of(block) % 16 != 0) [[unlikely]] return {};
  return {class_bytes, host::read_tag(block, class_bytes)};
}

INLINE void release(const Found& found, void* block) noexcept {
  count_free(entered(), found.tag.site, found.tag.requested, block);
  host::retire_tag(block, found.class_bytes, found.tag);
  in_allocator([&] {
    host::release(block, found.class_bytes);
    return 0;
  });
}

/// The rare frees: of another allocator's block, or of no live block.
[[gnu::noinline, gnu::cold]] void free_oddly(void* block, Caller caller) noexcept {
  if (!host::is_ours(block)) return free_foreign(block);
  const Found found = find(block);
  if (!found.is_live()) return report_bad_free(block, found.class_bytes, found.tag, caller);
  release(found, block);
}

/// Moves what a damaged block holds to a new one; the damaged one is never used again.
[[gnu::noinline, gnu::cold]] void* rescue(void* block, const Found& found, std::size_t bytes, Caller caller) noexcept {
  report_bad_free(block, found.class_bytes, found.tag, caller);
  void* fresh = exact_alloc(bytes, caller);
  if (fresh != nullptr && found.class_bytes != 0)
    std::memcpy(fresh, block, bytes < found.class_bytes ? bytes : found.class_bytes);
  return fresh;
}

}  // namespace

void* out_of_memory() noexcept {
  errno = ENOMEM;
  return nullptr;
}

void* exact_alloc(std::size_t bytes, Caller caller) noexcept {
  if (bytes > host::kMaxRequest) [[unlikely]] return out_of_memory();
  return record(in_allocator([&] { return host::allocate(bytes); }), bytes, caller);
}

void* exact_alloc_zeroed(std::size_t bytes, Caller caller) noexcept {
  if (bytes > host::kMaxRequest) [[unlikely]] return out_of_memory();
  return record(in_allocator([&] { return host::allocate_zeroed(bytes); }), bytes, caller);
}

void* exact_alloc_aligned(std::size_t bytes, std::size_t align, Caller caller) noexcept {
  if (bytes > host::kMaxRequest || align > host::kMaxRequest) [[unlikely]] return out_of_memory();
  return record(in_allocator([&] { return host::allocate_aligned(bytes, align); }), bytes, caller);
}

void exact_free(void* block, Caller caller) noexcept {
  if (block == nullptr) return;
  if (!host::is_in_home(block)) [[unlikely]] return free_oddly(block, caller);
  const Found found = find(block);
  if (!found.is_live()) [[unlikely]] return free_oddly(block, caller);
  release(found, block);
}

void exact_free_sized(void* block, std::size_t bytes, Caller caller) noexcept {
  if (block == nullptr) return;
  if (!host::is_in_home(block)) [[unlikely]] return free_oddly(block, caller);
  const Found found = find(block);
  if (!found.is_live()) [[unlikely]] return free_oddly(block, caller);
  if (bytes != found.tag.requested) [[unlikely]] report_wrong_size(block, found.tag, bytes, caller);
  release(found, block);
}

void* exact_realloc(void* block, std::size_t bytes, Caller caller) noexcept {
  if (block == nullptr) return exact_alloc(bytes, caller);
  if (bytes == 0) {
    exact_free(block, caller);
    return nullptr;
  }
  if (!host::is_ours(block)) [[unlikely]] return realloc_foreign(block, bytes);
  if (bytes > host::kMaxRequest) [[unlikely]] return out_of_memory();
  const Found found = find(block);
  if (!found.is_live()) [[unlikely]] return rescue(block, found, bytes, caller);
  host::take_tag(block, found.class_bytes);
  const host::Block moved = in_allocator([&] { return host::reallocate(block, bytes); });
  if (moved.at == nullptr) [[unlikely]] {
    host::put_tag_back(block, found.class_bytes, found.tag);
    return out_of_memory();
  }
  count_free(entered(), found.tag.site, found.tag.requested, nullptr);
  return record(moved, bytes, caller);
}

std::size_t host_usable_size(void* block) noexcept {
  if (!host::is_ours(block)) return usable_size_foreign(block);
  if (!is_exact()) return weir_je_sallocx(block, 0);
  const Found found = find(block);
  return found.is_live() ? found.tag.usable : 0;
}

}  // namespace weir::engine
