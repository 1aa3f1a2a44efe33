// One allocation: recalled or captured as the product does it, and compared.
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>

#include "core/platform/platform.hpp"
#include "judge.hpp"
#include "support/captured.hpp"

namespace weir::judge {
namespace {

struct ThreadState {
  stack::Memory* memory;
  bool inside, has_ended;
};
constinit thread_local ThreadState t_self{};
constinit pthread_key_t g_exit_key{};
constinit bool g_has_exit_key{};

/// Held by the one thread that compares. Never waited for inside malloc: the holder may wait for the loader, and the
/// loader for this malloc.
constinit std::atomic_flag g_comparing{};
constinit std::uint64_t g_comparisons{};
constinit std::uintptr_t g_theirs[stack::kMaxDepth + 1]{};

bool is_to_falsify() noexcept {
  return g_settings.broken_every != 0 && ++g_comparisons % g_settings.broken_every == 0;
}

struct Theirs {
  std::span<const std::uintptr_t> pcs;
  bool truncated;
};
Theirs their_stack(const stack::Caller& caller) noexcept {
  const std::size_t count = unwind(caller, {g_theirs, g_settings.depth + 1});
  return {{g_theirs, std::min(count, g_settings.depth)}, count > g_settings.depth};
}

/// The product knows a stack by its hash, which a walk that joins an earlier one has not made anew.
bool has_hash_of(const test::Captured& ours, const Theirs& theirs) noexcept {
  StackHash hash = StackHash::empty();
  for (std::size_t i = theirs.pcs.size(); i-- != 0;) hash = hash.extended(theirs.pcs[i]);
  return hash.a == ours.hash.a && hash.b == ours.hash.b;
}

void compare_walked(const stack::Caller& caller, const test::Captured& ours) noexcept {
  Theirs theirs = their_stack(caller);
  if (is_to_falsify()) g_theirs[theirs.pcs.size() / 2] += 1;
  count(g_counts.compared);
  if (std::equal(ours.pcs.begin(), ours.pcs.end(), theirs.pcs.begin(), theirs.pcs.end()) &&
      ours.truncated == theirs.truncated && has_hash_of(ours, theirs))
    return;
  count(g_counts.differences);
  describe("walked", ours.pcs, theirs.pcs);
}

void compare_recognised(const stack::Caller& caller, std::uint32_t number) noexcept {
  const Theirs theirs = their_stack(caller);
  if (is_to_falsify()) ++number;
  count(g_counts.compared);
  count(g_counts.recognised_compared);
  if (hash_of_number(number) == hash_of(theirs.pcs, theirs.truncated)) return;
  count(g_counts.wrongly_recognised);
  describe("recognised", {}, theirs.pcs);
}

/// The engine's capture_site().
void capture(stack::Memory& memory, const stack::Caller& caller, bool is_to_compare) noexcept {
  if (const std::uint32_t number = memory.recall(caller); number != 0) {
    count(g_counts.recognised);
    if (is_to_compare) compare_recognised(caller, number);
    return;
  }
  const test::Captured ours = test::captured(memory, caller, g_settings.depth);
  count(g_counts.walked);
  if (ours.incomplete) count(g_counts.incomplete);
  if (ours.truncated) count(g_counts.truncated);
  const std::uint32_t number = number_of(hash_of(ours.pcs, ours.truncated));
  if (is_to_compare) compare_walked(caller, ours);
  if (number == 0) return count(g_counts.without_room);
  memory.remember(caller, number);
}

bool prepare(ThreadState& self) noexcept {
  if (self.has_ended) return false;
  if (self.memory == nullptr) {
    self.memory = stack::take_memory();
    if (g_has_exit_key) pthread_setspecific(g_exit_key, &self);
  }
  if (self.memory == nullptr) return false;
  self.memory->catch_up();
  return true;
}

void on_thread_exit(void* state) noexcept {
  auto& self = *static_cast<ThreadState*>(state);
  self.has_ended = true;
  if (self.memory != nullptr) stack::give_back_memory(self.memory);
  self.memory = nullptr;
}

void before_fork() noexcept {
  while (g_comparing.test_and_set(std::memory_order_acquire)) sched_yield();
}
void after_fork() noexcept { g_comparing.clear(std::memory_order_release); }
void after_fork_in_child() noexcept {
  stack::reset_after_fork();
  begin_result();
  after_fork();
}

std::uint64_t number_in(const char* name, std::uint64_t fallback) noexcept {
  const char* text = getenv(name);
  return text == nullptr ? fallback : strtoull(text, nullptr, 10);
}

[[gnu::constructor]] void begin() noexcept {
  t_self.inside = true;  // none of what follows is the program's
  begin_result();
  g_has_exit_key = pthread_key_create(&g_exit_key, on_thread_exit) == 0;
  if (g_has_exit_key) pthread_setspecific(g_exit_key, &t_self);
  pthread_atfork(before_fork, after_fork, after_fork_in_child);
  g_settings.out = getenv("WEIR_JUDGE_OUT");
  g_settings.broken_every = number_in("WEIR_JUDGE_BREAK", 0);
  g_settings.depth = std::clamp<std::size_t>(number_in("WEIR_JUDGE_DEPTH", 64), 1, stack::kMaxDepth);
  platform::do_without_glibcs_answer(number_in("WEIR_JUDGE_WITHOUT_GLIBC", 0) != 0);
  if (load_libunwind()) g_settings.every = number_in("WEIR_JUDGE_EVERY", 17);
  t_self.inside = false;
}

[[gnu::destructor]] void end() noexcept { write_result(); }

}  // namespace

void see(stack::Caller caller) noexcept {
  ThreadState& self = t_self;
  if (self.inside) return count(g_counts.skipped);
  const int kept_errno = errno;
  self.inside = true;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const std::uint64_t call = __atomic_add_fetch(&g_counts.calls, 1, __ATOMIC_RELAXED);
  if (prepare(self)) {
    const bool is_due = g_settings.every != 0 && call % g_settings.every == 0;
    const bool may_compare = is_due && !g_comparing.test_and_set(std::memory_order_acquire);
    if (is_due && !may_compare) count(g_counts.skipped);
    capture(*self.memory, caller, may_compare);
    if (may_compare) g_comparing.clear(std::memory_order_release);
  }
  std::atomic_signal_fence(std::memory_order_seq_cst);
  self.inside = false;
  errno = kept_errno;
}

void library_closed() noexcept { stack::forget_code(); }

}  // namespace weir::judge
