// Runs paths and holds each capture at their end against what the path says and what libunwind says.
#pragma once

#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "judge.hpp"
#include "torture_path.hpp"

namespace weir::stack::torture {

/// Two users of the same stacks: one as the product is, which walks only what it does not recognise, and one that walks
/// always, so that every walk follows the one before.
struct Trial {
  OwnMemory product, walker;
  std::size_t depth;
  std::size_t compared = 0, recognised = 0, truncated = 0;
  std::string complaint;  ///< empty: all agree

  explicit Trial(std::size_t most_frames) : depth{most_frames} {}
  /// Between captures of different depths.
  void forget() {
    product.memory->forget();
    walker.memory->forget();
  }

  void complain(const char* what, std::span<const std::uintptr_t> found, std::span<const std::uintptr_t> wanted) {
    std::size_t at = 0;
    while (at < found.size() && at < wanted.size() && found[at] == wanted[at]) ++at;
    char text[300];
    std::snprintf(text, sizeof(text), "%s: %zu frames, should be %zu; frame %zu is %#zx, should be %#zx\n", what,
                  found.size(), wanted.size(), at, at < found.size() ? found[at] : 0,
                  at < wanted.size() ? wanted[at] : 0);
    complaint += text;
  }

  void walk(const char* who, Memory& memory, const Caller& caller, std::span<const std::uintptr_t> wanted,
            bool is_cut) {
    const Captured stack = captured(memory, caller, depth);
    if (!std::equal(stack.pcs.begin(), stack.pcs.end(), wanted.begin(), wanted.end()) || stack.truncated != is_cut ||
        stack.incomplete)
      complain(who, stack.pcs, wanted);
    if (!has_right_hash(stack)) complain("hashed wrongly", stack.pcs, wanted);
    memory.remember(caller, g_meanings.of(wanted));
  }

  void check(const Caller& caller, std::vector<std::uintptr_t> wanted) {
    const bool is_cut = wanted.size() > depth;
    if (is_cut) wanted.resize(depth), ++truncated;
    const std::uint32_t meaning = g_meanings.of(wanted);
    const std::uint32_t known = product.memory->recall(caller);
    if (known == 0) walk("walked", *product.memory, caller, wanted, is_cut);
    else if (known != meaning) complain("recognised as another stack", {}, wanted);
    else ++recognised;
    const std::uint32_t known_to_walker = walker.memory->recall(caller);
    if (known_to_walker != 0 && known_to_walker != meaning) complain("recognised as another stack", {}, wanted);
    walk("walked after another walk", *walker.memory, caller, wanted, is_cut);
    ++compared;
  }
};

inline Trial* g_trial = nullptr;
inline const Path* g_path = nullptr;
inline Returns g_returns;

/// The end of every path.
[[gnu::noinline]] inline void leaf(Step*) {
  const Caller caller = caller_of(__builtin_frame_address(0));
  const std::vector<std::uintptr_t> path = g_path->stack(g_returns);
  if (g_path->ends_the_stack()) {
    g_trial->check(caller, path);
    return stay();
  }
  std::vector<std::uintptr_t> theirs = judged_stack();
  theirs.erase(theirs.begin());  // this function itself
  if (theirs.size() < path.size() || !std::equal(path.begin(), path.end(), theirs.begin()))
    g_trial->complain("libunwind", theirs, path);
  g_trial->check(caller, theirs);
  stay();
}

inline void (*g_learning)(Step*) = nullptr;
[[gnu::noinline]] inline void learn(Step*) {
  g_returns[g_learning] = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
}
inline void learn_return(void (*function)(Step*)) {
  Step steps[] = {{function, 0}, {learn, 0}};
  g_learning = function;
  function(steps);
}
inline void learn_returns() {
  for (const Kind& kind : kKinds) learn_return(kind.run);
  learn_return(kBottom.run);
}

inline void run() {
  std::vector<Step> steps = g_path->steps(leaf);
  steps[0].run(steps.data());
}

inline ucontext_t g_main_context, g_fiber_context;
/// The same path on a stack of its own.
inline void run_on(void* stack, std::size_t bytes) {
  getcontext(&g_fiber_context);
  g_fiber_context.uc_stack.ss_sp = stack;
  g_fiber_context.uc_stack.ss_size = bytes;
  g_fiber_context.uc_link = &g_main_context;
  makecontext(&g_fiber_context, run, 0);
  swapcontext(&g_main_context, &g_fiber_context);
}

inline void* map_stack(std::size_t bytes) {  // touched only as far as it is used
  return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

}  // namespace weir::stack::torture
