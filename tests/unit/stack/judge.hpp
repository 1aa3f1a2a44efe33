// What libunwind says of the stack, to hold every captured stack against.
#pragma once

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/stack/stack.hpp"
#include "support/captured.hpp"

namespace weir::stack {

/// Return addresses from the caller's own frame on, youngest first.
[[gnu::noinline]] inline std::vector<std::uintptr_t> judged_stack() {
  std::vector<std::uintptr_t> pcs;
  unw_context_t context;
  unw_cursor_t cursor;
  unw_getcontext(&context);
  unw_init_local(&cursor, &context);
  while (unw_step(&cursor) > 0) {
    unw_word_t pc = 0;
    unw_get_reg(&cursor, UNW_REG_IP, &pc);
    if (pc == 0) break;
    pcs.push_back(pc);
  }
  return pcs;
}

/// The caller of the function whose frame this is. The function must still stand when this is used: let it end with stay().
inline Caller caller_of(const void* frame) {
  const auto* words = static_cast<const std::uintptr_t*>(frame);
  return {words + 1};
}
/// So that the call before it is no tail call.
[[gnu::always_inline]] inline void stay() { asm volatile(""); }

/// A thread's memory of stacks, taken once and given back at the end, as the engine does it.
struct OwnMemory {
  Memory* memory = take_memory();
  OwnMemory() = default;
  OwnMemory(const OwnMemory&) = delete;
  OwnMemory& operator=(const OwnMemory&) = delete;
  ~OwnMemory() { give_back_memory(memory); }
};

/// The identity of a stack, made anew: a walk that joins goes on from the one of the older frames.
using test::Captured;
using test::captured;

inline bool has_right_hash(const Captured& stack) {
  StackHash hash = StackHash::empty();
  for (std::size_t i = stack.pcs.size(); i-- != 0;) hash = hash.extended(stack.pcs[i]);
  return hash.a == stack.hash.a && hash.b == stack.hash.b;
}

/// What a stack means in these tests: its number among all different ones.
class Meanings {
 public:
  std::uint32_t of(std::span<const std::uintptr_t> pcs) {
    std::uint64_t hash = 14695981039346656037ULL + pcs.size();
    for (const std::uintptr_t pc : pcs) hash = (hash ^ pc ^ hash >> 29) * 0x9e3779b97f4a7c15ULL;
    const std::lock_guard hold{lock_};
    return numbers_.try_emplace(hash, static_cast<std::uint32_t>(numbers_.size() + 1)).first->second;
  }

 private:
  std::mutex lock_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
};
/// One for all tests: a memory that a thread gives back keeps its records, and the next thread's test takes it.
inline Meanings g_meanings;

}  // namespace weir::stack
