// malloc and free, as every allocating function of libc is made of them.
#include <errno.h>

#include <cstring>

#include "core/engine/capture_site.hpp"
#include "core/engine/count.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/misuse.hpp"
#include "core/host/host.hpp"

// glibc's own allocator, for blocks that are its own.
extern "C" {
void* __libc_realloc(void* block, std::size_t bytes);
void __libc_free(void* block);
}

namespace weir::engine {
namespace {

/// Calls jemalloc with the thread marked as being inside it.
template <class Call>
inline auto in_allocator(Call call) noexcept {
  ThreadState& self = t_self;
  const bool before = self.in_allocator;
  self.in_allocator = true;
  const auto result = call();
  self.in_allocator = before;
  return result;
}

inline ThreadState& entered() noexcept {
  ThreadState& self = t_self;
  if (self.generation != load_relaxed(g_guard->generation)) [[unlikely]] enter_thread(self);
  return self;
}

/// Gives a new block its tag and counts it.
void* record(const host::Block& block, std::size_t bytes, const Caller& caller) noexcept {
  if (block.at == nullptr) [[unlikely]] return out_of_memory();
  ThreadState& self = entered();
  if (!g_counting.load(std::memory_order_relaxed)) [[unlikely]] {
    host::write_tag(block.at, block.class_bytes, bytes, static_cast<std::uint32_t>(profile::FixedSite::Untracked));
    return block.at;
  }
  const std::uint32_t site = capture_site(self, caller);
  host::write_tag(block.at, block.class_bytes, bytes, site);
  if (site != static_cast<std::uint32_t>(profile::FixedSite::Untracked)) [[likely]]
    count_alloc(self, site, bytes, block.at);
  return block.at;
}

bool is_exact() noexcept {
  const Mode mode = g_mode.load(std::memory_order_relaxed);
  if (mode == Mode::Exact) [[likely]] return true;
  if (mode == Mode::Plain) [[likely]] return false;
  start_cold();
  return g_mode.load(std::memory_order_relaxed) == Mode::Exact;
}

/// A live block of ours, or what is wrong with it.
struct Found {
  std::size_t class_bytes;  ///< 0: no block starts on this page
  host::TagReading tag;
  [[nodiscard]] bool is_live() const noexcept { return class_bytes != 0 && tag.state == host::TagState::Live; }
};

inline Found find(void* block) noexcept {
  const std::size_t class_bytes = host::class_bytes_of(block);
  if (class_bytes == 0 || address_of(block) % 16 != 0) [[unlikely]] return {};
  return {class_bytes, host::read_tag(block, class_bytes)};
}

inline void release(const Found& found, void* block) noexcept {
  ThreadState& self = entered();
  if (g_counting.load(std::memory_order_relaxed)) [[likely]]
    count_free(self, found.tag.site, found.tag.requested, block);
  host::retire_tag(block, found.class_bytes, found.tag);
  in_allocator([&] {
    host::release(block, found.class_bytes);
    return 0;
  });
}

void free_foreign(void* block) noexcept {
  if (g_map.exists()) add_shared(losses().foreign_frees, 1);
  __libc_free(block);
}

/// Moves what a damaged block holds to a new one; the damaged one is never used again.
void* rescue(void* block, const Found& found, std::size_t bytes, const Caller& caller) noexcept {
  void* fresh = host_alloc(bytes, caller);
  if (fresh != nullptr && found.class_bytes != 0)
    std::memcpy(fresh, block, bytes < found.class_bytes ? bytes : found.class_bytes);
  return fresh;
}

}  // namespace

void* out_of_memory() noexcept {
  errno = ENOMEM;
  return nullptr;
}

void* host_alloc(std::size_t bytes, Caller caller) noexcept {
  if (bytes > host::kMaxRequest) [[unlikely]] return out_of_memory();
  if (!is_exact()) [[unlikely]] return weir_je_malloc(bytes);
  return record(in_allocator([&] { return host::allocate(bytes); }), bytes, caller);
}

void* host_alloc_zeroed(std::size_t bytes, Caller caller) noexcept {
  if (bytes > host::kMaxRequest) [[unlikely]] return out_of_memory();
  if (!is_exact()) [[unlikely]] return weir_je_calloc(1, bytes);
  return record(in_allocator([&] { return host::allocate_zeroed(bytes); }), bytes, caller);
}

void* host_alloc_aligned(std::size_t bytes, std::size_t align, Caller caller) noexcept {
  if (bytes > host::kMaxRequest || align > host::kMaxRequest) [[unlikely]] return out_of_memory();
  if (!is_exact()) [[unlikely]] {
    void* block = weir_je_mallocx(bytes == 0 ? 1 : bytes, host::aligned_to(align));
    return block != nullptr ? block : out_of_memory();
  }
  return record(in_allocator([&] { return host::allocate_aligned(bytes, align); }), bytes, caller);
}

void host_free(void* block, Caller caller) noexcept {
  if (block == nullptr) return;
  if (!host::is_ours(block)) [[unlikely]] return free_foreign(block);
  if (!is_exact()) [[unlikely]] return weir_je_free(block);
  const Found found = find(block);
  if (!found.is_live()) [[unlikely]] return report_bad_free(block, found.class_bytes, found.tag, caller);
  release(found, block);
}

void host_free_sized(void* block, std::size_t bytes, Caller caller) noexcept {
  if (block == nullptr) return;
  if (!host::is_ours(block)) [[unlikely]] return free_foreign(block);
  if (!is_exact()) [[unlikely]] return weir_je_free(block);
  const Found found = find(block);
  if (!found.is_live()) [[unlikely]] return report_bad_free(block, found.class_bytes, found.tag, caller);
  if (bytes != found.tag.requested) [[unlikely]] report_wrong_size(block, found.tag, bytes, caller);
  release(found, block);
}

void* host_realloc(void* block, std::size_t bytes, Caller caller) noexcept {
  if (block == nullptr) return host_alloc(bytes, caller);
  if (bytes == 0) {
    host_free(block, caller);
    return nullptr;
  }
  if (!host::is_ours(block)) [[unlikely]] return __libc_realloc(block, bytes);
  if (bytes > host::kMaxRequest) [[unlikely]] return out_of_memory();
  if (!is_exact()) [[unlikely]] return weir_je_realloc(block, bytes);
  const Found found = find(block);
  if (!found.is_live()) [[unlikely]] {
    report_bad_free(block, found.class_bytes, found.tag, caller);
    return rescue(block, found, bytes, caller);
  }
  ThreadState& self = entered();
  host::take_tag(block, found.class_bytes);
  const host::Block moved = in_allocator([&] { return host::reallocate(block, bytes); });
  if (moved.at == nullptr) [[unlikely]] {
    host::put_tag_back(block, found.class_bytes, found.tag);
    return out_of_memory();
  }
  if (g_counting.load(std::memory_order_relaxed)) [[likely]]
    count_free(self, found.tag.site, found.tag.requested, nullptr);
  return record(moved, bytes, caller);
}

std::size_t host_usable_size(void* block) noexcept {
  if (!is_exact()) return weir_je_sallocx(block, 0);
  const Found found = find(block);
  return found.is_live() ? found.tag.usable : 0;
}

}  // namespace weir::engine
