// The twenty replaceable operators new and delete.
//
// On success they are malloc and free. On failure the C++ library's own operator is called: it knows new_handler and
// bad_alloc, asks our malloc again, and throws through these frames, which have unwind tables and nothing to destroy.
#include <dlfcn.h>
#include <stdlib.h>

#include <cstddef>
#include <new>

#include "core/base/bits.hpp"
#include "core/base/old_glibc.hpp"
#include "hook.hpp"

using namespace weir;

namespace {

/// The C++ library's function of this name; null: no C++ library in the process.
void* next(const char* name) noexcept {
  if (void* found = dlsym(RTLD_NEXT, name)) return found;
  void* library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);  // loaded by a plugin, privately
  return library != nullptr ? dlsym(library, name) : nullptr;
}

template <class... Args>
[[gnu::noinline, gnu::cold]] void* fail(const char* name, Args... args) {
  auto* real = reinterpret_cast<void* (*)(Args...)>(next(name));
  if (real == nullptr) abort();  // where the C++ library would throw, and there is none
  return real(args...);
}

template <class... Args>
[[gnu::noinline, gnu::cold]] void* fail_quietly(const char* name, Args... args) noexcept {
  auto* real = reinterpret_cast<void* (*)(Args...)>(next(name));
  return real == nullptr ? nullptr : real(args...);
}

inline void* align_alloc(std::size_t bytes, std::align_val_t align, engine::Caller from) noexcept {
  const auto power = static_cast<std::size_t>(align);
  if (!is_pow2(power)) return nullptr;
  return has_by_nature(power, bytes) ? engine::host_alloc(bytes, from)
                                     : engine::host_alloc_aligned(bytes, power, from);
}

using Quietly = const std::nothrow_t&;

// Where the block is to be recorded; entered by a jump (hook.hpp).
[[gnu::noinline]] void* recorded_new(std::size_t bytes) {
  void* block = engine::host_alloc(bytes, caller());
  return block != nullptr ? block : fail("_Znwm", bytes);
}
[[gnu::noinline]] void* recorded_new_array(std::size_t bytes) {
  void* block = engine::host_alloc(bytes, caller());
  return block != nullptr ? block : fail("_Znam", bytes);
}
[[gnu::noinline]] void* recorded_new_quietly(std::size_t bytes, Quietly tag) noexcept {
  void* block = engine::host_alloc(bytes, caller());
  return block != nullptr ? block : fail_quietly<std::size_t, Quietly>("_ZnwmRKSt9nothrow_t", bytes, tag);
}
[[gnu::noinline]] void* recorded_new_array_quietly(std::size_t bytes, Quietly tag) noexcept {
  void* block = engine::host_alloc(bytes, caller());
  return block != nullptr ? block : fail_quietly<std::size_t, Quietly>("_ZnamRKSt9nothrow_t", bytes, tag);
}

inline void release(void* block) noexcept {
  return engine::is_plain_block(block) ? weir_je_free(block) : recorded_free(block);
}
inline void release(void* block, std::size_t bytes) noexcept {
  return engine::is_plain_block(block) ? weir_je_free(block) : recorded_free_sized(block, bytes);
}

}  // namespace

#pragma GCC visibility push(default)

void* operator new(std::size_t bytes) {
  if (!engine::spend(bytes)) [[unlikely]]
    return recorded_new(bytes);
  void* block = weir_je_malloc(bytes);
  return block != nullptr ? block : fail("_Znwm", bytes);
}
void* operator new[](std::size_t bytes) {
  if (!engine::spend(bytes)) [[unlikely]]
    return recorded_new_array(bytes);
  void* block = weir_je_malloc(bytes);
  return block != nullptr ? block : fail("_Znam", bytes);
}
void* operator new(std::size_t bytes, Quietly tag) noexcept {
  if (!engine::spend(bytes)) [[unlikely]]
    return recorded_new_quietly(bytes, tag);
  void* block = weir_je_malloc(bytes);
  return block != nullptr ? block : fail_quietly<std::size_t, Quietly>("_ZnwmRKSt9nothrow_t", bytes, tag);
}
void* operator new[](std::size_t bytes, Quietly tag) noexcept {
  if (!engine::spend(bytes)) [[unlikely]]
    return recorded_new_array_quietly(bytes, tag);
  void* block = weir_je_malloc(bytes);
  return block != nullptr ? block : fail_quietly<std::size_t, Quietly>("_ZnamRKSt9nothrow_t", bytes, tag);
}
void* operator new(std::size_t bytes, std::align_val_t align) {
  void* block = align_alloc(bytes, align, caller());
  return block != nullptr ? block : fail("_ZnwmSt11align_val_t", bytes, align);
}
void* operator new[](std::size_t bytes, std::align_val_t align) {
  void* block = align_alloc(bytes, align, caller());
  return block != nullptr ? block : fail("_ZnamSt11align_val_t", bytes, align);
}
void* operator new(std::size_t bytes, std::align_val_t align, Quietly tag) noexcept {
  void* block = align_alloc(bytes, align, caller());
  if (block != nullptr) return block;
  return fail_quietly<std::size_t, std::align_val_t, Quietly>("_ZnwmSt11align_val_tRKSt9nothrow_t", bytes,
                                                              align, tag);
}
void* operator new[](std::size_t bytes, std::align_val_t align, Quietly tag) noexcept {
  void* block = align_alloc(bytes, align, caller());
  if (block != nullptr) return block;
  return fail_quietly<std::size_t, std::align_val_t, Quietly>("_ZnamSt11align_val_tRKSt9nothrow_t", bytes,
                                                              align, tag);
}

void operator delete(void* block) noexcept { release(block); }
void operator delete[](void* block) noexcept { release(block); }
void operator delete(void* block, Quietly) noexcept { release(block); }
void operator delete[](void* block, Quietly) noexcept { release(block); }
void operator delete(void* block, std::size_t bytes) noexcept { release(block, bytes); }
void operator delete[](void* block, std::size_t bytes) noexcept { release(block, bytes); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t, Quietly) noexcept { release(block); }
void operator delete[](void* block, std::align_val_t, Quietly) noexcept { release(block); }
void operator delete(void* block, std::size_t bytes, std::align_val_t) noexcept { release(block, bytes); }
void operator delete[](void* block, std::size_t bytes, std::align_val_t) noexcept { release(block, bytes); }

#pragma GCC visibility pop
