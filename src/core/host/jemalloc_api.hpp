// jemalloc's functions under their private names. Safety: any thread; they take jemalloc's locks only.
#pragma once

#include <cstddef>

#include "core/host/jemalloc_os.hpp"

extern "C" {
void* weir_je_malloc(std::size_t bytes) noexcept;
void* weir_je_calloc(std::size_t count, std::size_t each) noexcept;
void* weir_je_realloc(void* block, std::size_t bytes) noexcept;
void weir_je_free(void* block) noexcept;
void* weir_je_mallocx(std::size_t bytes, int flags) noexcept;
std::size_t weir_je_xallocx(void* block, std::size_t bytes, std::size_t extra, int flags) noexcept;
void weir_je_sdallocx(void* block, std::size_t bytes, int flags) noexcept;
std::size_t weir_je_sallocx(const void* block, int flags) noexcept;
std::size_t weir_je_nallocx(std::size_t bytes, int flags) noexcept;
int weir_je_mallctl(const char* name, void* old_value, std::size_t* old_bytes, void* new_value,
                    std::size_t new_bytes) noexcept;
int weir_je_mallctlnametomib(const char* name, std::size_t* mib, std::size_t* depth) noexcept;
int weir_je_mallctlbymib(const std::size_t* mib, std::size_t depth, void* old_value, std::size_t* old_bytes,
                         void* new_value, std::size_t new_bytes) noexcept;
// Hidden in the archive, visible to whoever links it. `usable`: what nallocx says; `thread` and `cache` may be null.
extern void* je_arenas[];
void* je_arena_palloc(void* thread, void* arena, std::size_t usable, std::size_t align, bool zeroed,
                      void* cache) noexcept;
void je_jemalloc_prefork() noexcept;
void je_jemalloc_postfork_parent() noexcept;
void je_jemalloc_postfork_child() noexcept;
void weir_je_malloc_stats_print(void (*write)(void*, const char*), void* argument,
                                const char* options) noexcept;
}

namespace weir::host {
inline constexpr int kZeroed = 0x40;  ///< MALLOCX_ZERO
/// MALLOCX_ALIGN; `align` is a power of two.
constexpr int aligned_to(std::size_t align) noexcept { return __builtin_ctzll(align); }
}  // namespace weir::host
