// Blocks that are not recorded: jemalloc's own. And the very first call of the process.
#include "core/engine/engine.hpp"
#include "core/engine/foreign.hpp"
#include "core/engine/state.hpp"
#include "core/host/host.hpp"

namespace weir::engine {
namespace {

/// False: the process turned out to be Exact; the call must be made again.
inline bool turns_out_plain() noexcept {
  if (!is_plain()) [[unlikely]]
    start_cold();
  return is_plain();
}

}  // namespace

void* plain_alloc(std::size_t bytes, Caller caller) noexcept {
  return turns_out_plain() ? weir_je_malloc(bytes) : exact_alloc(bytes, caller);
}

void* plain_alloc_zeroed(std::size_t bytes, Caller caller) noexcept {
  return turns_out_plain() ? weir_je_calloc(1, bytes) : exact_alloc_zeroed(bytes, caller);
}

void* plain_alloc_aligned(std::size_t bytes, std::size_t align, Caller caller) noexcept {
  if (!turns_out_plain()) return exact_alloc_aligned(bytes, align, caller);
  if (bytes > host::kMaxRequest || align > host::kMaxRequest) return out_of_memory();
  void* block = weir_je_mallocx(bytes == 0 ? 1 : bytes, host::aligned_to(align));
  return block != nullptr ? block : out_of_memory();
}

void* plain_realloc(void* block, std::size_t bytes, Caller caller) noexcept {
  if (!turns_out_plain()) return exact_realloc(block, bytes, caller);
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

}  // namespace weir::engine
