// The C allocation family.
//
// Each function is the libc one, by name and by manual page; where the page leaves room, as glibc 2.36 does it
// (tests/preload/semantics compares). A body says only what is particular to its function; what they share is
// engine::host_*.
#include <errno.h>

#include <cstddef>

#include "core/base/bits.hpp"
#include "hook.hpp"

using namespace weir;

namespace {

constexpr std::size_t kPage = 4096;

/// memalign and its like, with glibc's reading of an odd alignment: up to the next power of two.
[[gnu::always_inline]] inline void* aligned(std::size_t align, std::size_t bytes,
                                            engine::Caller from) noexcept {
  if (has_by_nature(align, bytes)) return engine::host_alloc(bytes, from);
  if (align > (std::size_t{1} << 63)) {
    errno = EINVAL;
    return nullptr;
  }
  std::size_t power = kNaturalAlign;
  while (power < align) power <<= 1;
  return engine::host_alloc_aligned(bytes, power, from);
}

}  // namespace

void* weir::recorded_malloc(std::size_t bytes) noexcept { return engine::host_alloc(bytes, caller()); }
void weir::recorded_free(void* block) noexcept { engine::host_free(block, caller()); }
void weir::recorded_free_sized(void* block, std::size_t bytes) noexcept {
  engine::host_free_sized(block, bytes, caller());
}

namespace {

[[gnu::noinline]] void* recorded_calloc(std::size_t count, std::size_t each) noexcept {
  std::size_t bytes;
  if (__builtin_mul_overflow(count, each, &bytes)) [[unlikely]]
    return engine::out_of_memory();
  return engine::host_alloc_zeroed(bytes, caller());
}

[[gnu::noinline]] void* recorded_realloc(void* block, std::size_t bytes) noexcept {
  return engine::host_realloc(block, bytes, caller());
}

}  // namespace

HOOK(void*, malloc, std::size_t bytes) {
  if (engine::spend(bytes)) return weir_je_malloc(bytes);
  return engine::is_exact() ? engine::exact_malloc(bytes) : recorded_malloc(bytes);
}

HOOK(void*, calloc, std::size_t count, std::size_t each) {
  std::size_t bytes;
  const bool is_plain = !__builtin_mul_overflow(count, each, &bytes) && engine::spend(bytes);
  return is_plain ? weir_je_calloc(count, each) : recorded_calloc(count, each);
}

HOOK(void*, realloc, void* block, std::size_t bytes) {
  const bool is_plain =
      bytes != 0 && (block == nullptr || engine::is_plain_block(block)) && engine::spend(bytes);
  return is_plain ? weir_je_realloc(block, bytes) : recorded_realloc(block, bytes);
}

HOOK(void*, reallocarray, void* block, std::size_t count, std::size_t each) {
  std::size_t bytes;
  if (__builtin_mul_overflow(count, each, &bytes)) [[unlikely]]
    return engine::out_of_memory();
  return engine::host_realloc(block, bytes, caller());
}

HOOK(void, free, void* block) {
  if (engine::is_plain_block(block)) return weir_je_free(block);
  return engine::is_exact() ? engine::exact_free_here(block) : recorded_free(block);
}
HOOK(void, cfree, void* block) {
  return engine::is_plain_block(block) ? weir_je_free(block) : recorded_free(block);
}

// The size is not trusted: a wrong one would be fatal.
HOOK(void, free_sized, void* block, std::size_t bytes) {
  return engine::is_plain_block(block) ? weir_je_free(block) : recorded_free_sized(block, bytes);
}

HOOK(void, free_aligned_sized, void* block, std::size_t, std::size_t bytes) {
  return engine::is_plain_block(block) ? weir_je_free(block) : recorded_free_sized(block, bytes);
}

HOOK(void*, memalign, std::size_t align, std::size_t bytes) { return aligned(align, bytes, caller()); }
HOOK(void*, aligned_alloc, std::size_t align, std::size_t bytes) { return aligned(align, bytes, caller()); }

HOOK(int, posix_memalign, void** out, std::size_t align, std::size_t bytes) {
  if (!is_pow2(align) || align % sizeof(void*) != 0) return EINVAL;  // and errno stays as it was
  const int saved_errno = errno;
  void* block = aligned(align, bytes, caller());
  errno = saved_errno;
  if (block == nullptr) return ENOMEM;
  *out = block;
  return 0;
}

HOOK(void*, valloc, std::size_t bytes) { return engine::host_alloc_aligned(bytes, kPage, caller()); }

HOOK(void*, pvalloc, std::size_t bytes) {
  if (bytes > SIZE_MAX - kPage) return engine::out_of_memory();
  return engine::host_alloc_aligned(align_up(bytes, kPage), kPage, caller());
}

HOOK(std::size_t, malloc_usable_size, void* block) {
  return block == nullptr ? 0 : engine::host_usable_size(block);
}
