// Blocks that are not recorded: jemalloc's own. And the very first call of the process.
#include "core/engine/engine.hpp"
#include "core/engine/foreign.hpp"
#include "core/engine/sampled_path.hpp"
#include "core/engine/state.hpp"
#include "core/host/host.hpp"

namespace weir::engine {
namespace {

/// More than any process allocates; when a thread has spent it after all, it gets it again.
constexpr std::uint64_t kPlenty = std::uint64_t{1} << 62;

/// Starts weir if need be. Cold afterwards: jemalloc itself allocates while it starts, or it is too early (start_cold()).
/// glibc's allocator serves both.
Mode mode_now() noexcept {
  const Mode mode = g_mode.load(std::memory_order_relaxed);
  if (mode != Mode::Cold) [[likely]]
    return mode;
  start_cold();
  return g_mode.load(std::memory_order_relaxed);
}

void* plain_alloc_aligned(std::size_t bytes, std::size_t align) noexcept {
  if (bytes > host::kMaxRequest || align > host::kMaxRequest) return out_of_memory();
  void* block = weir_je_mallocx(bytes == 0 ? 1 : bytes, host::aligned_to(align));
  return block != nullptr ? block : out_of_memory();
}

void* plain_realloc(void* block, std::size_t bytes) noexcept {
  if (block == nullptr) return weir_je_malloc(bytes);
  if (!host::is_ours(block)) return realloc_foreign(block, bytes);
  if (bytes == 0) {
    weir_je_free(block);
    return nullptr;
  }
  void* moved = bytes > host::kMaxRequest ? nullptr : weir_je_realloc(block, bytes);
  return moved != nullptr ? moved : out_of_memory();
}

void plain_free(void* block) noexcept {
  if (block == nullptr) return;
  if (host::is_ours(block)) return weir_je_free(block);
  free_foreign(block);
}

}  // namespace

bool is_host_block(const void* block) noexcept { return host::is_ours(block); }

bool stays_aside() noexcept { return is_aside(); }

void* other_alloc(std::size_t bytes, Caller caller) noexcept {
  switch (mode_now()) {
    case Mode::Sampled: return sampled_alloc(bytes, caller);
    case Mode::Plain: t_budget = kPlenty; return weir_je_malloc(bytes);
    case Mode::Aside: return aside_malloc(bytes);
    case Mode::Cold: return next_malloc(bytes);
    default: return exact_alloc(bytes, caller);
  }
}

void* other_alloc_zeroed(std::size_t bytes, Caller caller) noexcept {
  switch (mode_now()) {
    case Mode::Sampled: return sampled_alloc_zeroed(bytes, caller);
    case Mode::Plain: t_budget = kPlenty; return weir_je_calloc(1, bytes);
    case Mode::Aside: return aside_calloc(bytes);
    case Mode::Cold: return next_calloc(bytes);
    default: return exact_alloc_zeroed(bytes, caller);
  }
}

void* other_alloc_aligned(std::size_t bytes, std::size_t align, Caller caller) noexcept {
  switch (mode_now()) {
    case Mode::Sampled: return sampled_alloc_aligned(bytes, align, caller);
    case Mode::Plain: return plain_alloc_aligned(bytes, align);
    case Mode::Aside: return aside_memalign(align, bytes);
    case Mode::Cold: return next_memalign(align, bytes);
    default: return exact_alloc_aligned(bytes, align, caller);
  }
}

void* other_realloc(void* block, std::size_t bytes, Caller caller) noexcept {
  switch (mode_now()) {
    case Mode::Sampled: return sampled_realloc(block, bytes, caller);
    case Mode::Plain: return plain_realloc(block, bytes);
    case Mode::Aside: return aside_realloc(block, bytes);
    case Mode::Cold: return realloc_foreign(block, bytes);
    default: return exact_realloc(block, bytes, caller);
  }
}

void other_free(void* block, Caller caller) noexcept {
  if (is_sampled()) return sampled_free(block, caller);
  is_aside() ? aside_free(block) : plain_free(block);
}

void other_free_sized(void* block, std::size_t bytes, Caller caller) noexcept {
  if (is_sampled()) return sampled_free_sized(block, bytes, caller);
  is_aside() ? aside_free(block) : plain_free(block);
}

}  // namespace weir::engine
