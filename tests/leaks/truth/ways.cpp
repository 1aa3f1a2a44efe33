// The functions that make blocks: a return address in one of them says which it was.
#include <stdlib.h>
#include <new>

#include "ledger.hpp"

extern "C" char __executable_start[], etext[];

namespace truth {

#define A_WAY [[gnu::noipa, gnu::noinline, gnu::aligned(256)]] static

A_WAY void* by_malloc(std::size_t bytes) { return malloc(bytes); }
A_WAY void* by_calloc(std::size_t bytes) { return calloc(1, bytes); }
A_WAY void* by_aligned_alloc(std::size_t bytes, std::size_t align) { return aligned_alloc(align, bytes); }
A_WAY void* by_posix_memalign(std::size_t bytes, std::size_t align) {
  void* block = nullptr;
  return posix_memalign(&block, align, bytes) == 0 ? block : nullptr;
}
A_WAY void* by_realloc_of_null(std::size_t bytes) { return realloc(nullptr, bytes); }
A_WAY void* by_reallocarray(std::size_t bytes) { return reallocarray(nullptr, bytes, 1); }
A_WAY void* by_new(std::size_t bytes) { return operator new(bytes, std::nothrow); }
A_WAY void* by_realloc(void* block, std::size_t bytes) { return realloc(block, bytes); }

void* make_block(Way way, std::size_t bytes, Random& random) {
  switch (way) {
    case Way::Calloc: return by_calloc(bytes);
    case Way::Aligned: return by_aligned_alloc(bytes, std::size_t{16} << random.below(10));
    case Way::Posix: return by_posix_memalign(bytes, std::size_t{8} << random.below(14));
    case Way::Null: return by_realloc_of_null(bytes);
    case Way::Array: return by_reallocarray(bytes);
    case Way::New: return by_new(bytes);
    default: return by_malloc(bytes);
  }
}

void* resize_block(void* block, std::size_t bytes) { return by_realloc(block, bytes); }

void free_block(void* block, bool by_realloc) {
  void* left = nullptr;
  if (by_realloc)
    left = realloc(block, 0);
  else
    free(block);
  if (left != nullptr) abort();
}

std::uintptr_t code_of(Way way) {
  const auto at = [](auto* function) { return reinterpret_cast<std::uintptr_t>(function); };
  switch (way) {
    case Way::Malloc: return at(by_malloc);
    case Way::Calloc: return at(by_calloc);
    case Way::Aligned: return at(by_aligned_alloc);
    case Way::Posix: return at(by_posix_memalign);
    case Way::Null: return at(by_realloc_of_null);
    case Way::Array: return at(by_reallocarray);
    case Way::New: return at(by_new);
    default: return at(by_realloc);
  }
}

bool is_own_code(std::uintptr_t pc) {
  return pc >= reinterpret_cast<std::uintptr_t>(__executable_start) && pc < reinterpret_cast<std::uintptr_t>(etext);
}

}  // namespace truth
