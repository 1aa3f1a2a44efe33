#include "core/cuda/contexts_seen.hpp"

#include <atomic>

#include "core/base/tally.hpp"
#include "core/cuda/call.hpp"
#include "core/cuda/captures.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/fences.hpp"
#include "core/cuda/in_context.hpp"
#include "core/cuda/patience.hpp"
#include "core/cuda/streams.hpp"
#include "core/engine/cuda_pools.hpp"

namespace weir::cuda {
namespace {

constinit platform::Lock g_lock{};  ///< held by who writes, but for `users`
constinit std::uint32_t g_ends{};   ///< that have begun
constexpr SeenContext (&g_contexts)[kMostContexts] = detail::g_seen.all;
constexpr std::uint32_t& g_count = detail::g_seen.count;

Life life_of(const SeenContext& context) noexcept { return load_acquire(context.life); }

std::uint32_t users_of(SeenContext& context) noexcept {
  // seq_cst: with the store of Ending before. Either we see the user, or the user sees that.
  return std::atomic_ref{context.users}.load(std::memory_order_seq_cst);
}

/// Of whatever life; -1: none. Under the lock, or for who then looks at the life.
int find(std::uint64_t handle) noexcept {
  const std::uint32_t count = load_acquire(g_count);
  for (std::uint32_t i = 0; i != count; ++i)
    if (load_relaxed(g_contexts[i].handle) == handle) return static_cast<int>(i);
  return -1;
}

int find_alive(std::uint64_t handle) noexcept {
  const int number = find(handle);
  return number >= 0 && life_of(g_contexts[number]) == Life::Alive ? number : -1;
}

bool is_vacant(SeenContext& context) noexcept {
  return life_of(context) == Life::None && users_of(context) == 0;
}

/// Under the lock. A place for a new handle: of one that was on the same device, a new one, any; -1: all are taken.
int vacant_place(std::uint8_t device) noexcept {
  int any = -1;
  for (std::uint32_t i = 0; i != g_count; ++i) {
    if (!is_vacant(g_contexts[i])) continue;
    if (g_contexts[i].device == device) return static_cast<int>(i);
    any = static_cast<int>(i);
  }
  return g_count != kMostContexts ? static_cast<int>(g_count) : any;
}

/// Under the lock.
void start(int number, std::uint64_t handle, std::uint8_t device) noexcept {
  SeenContext& made = g_contexts[number];
  const auto word = static_cast<unsigned>(number) / 64;
  const std::uint64_t bit = std::uint64_t{1} << number % 64;
  for (std::uint32_t i = 0; i != g_count; ++i)
    store_relaxed(g_contexts[i].reached_by[word], g_contexts[i].reached_by[word] & ~bit);
  for (std::uint64_t& reached_by : made.reached_by) store_relaxed(reached_by, std::uint64_t{0});
  store_relaxed(made.lives, made.lives + 1);
  made.device = device;
  store_relaxed(made.handle, handle);
  // release: who sees the life sees what it is of.
  store_release(made.life, Life::Alive);
  if (static_cast<std::uint32_t>(number) == g_count) store_release(g_count, g_count + 1);
}

/// Under the lock.
int enter(std::uint64_t handle, std::uint8_t device) noexcept {
  int number = find(handle);
  if (number >= 0 && life_of(g_contexts[number]) == Life::Alive) return number;
  if (number >= 0 && !is_vacant(g_contexts[number])) return -1;
  if (number < 0) number = vacant_place(device);
  if (number < 0)
    some_context_is_unknown();
  else
    start(number, handle, device);
  return number;
}

/// It is the current one, and new or dead. Which, the driver knows.
[[gnu::noinline, gnu::cold]] int enter_current(std::uint64_t handle) noexcept {
  const std::uint32_t ends = load_acquire(g_ends);
  CUdevice device = -1;
  if (ask::ctx_get_device(&device) != CUDA_SUCCESS) return -1;
  const platform::Holding hold{g_lock};
  // It may have ended since.
  return g_ends == ends ? enter(handle, static_cast<std::uint8_t>(device)) : -1;
}

}  // namespace

constinit detail::SeenContexts detail::g_seen{};

void some_context_is_unknown() noexcept { store_release(detail::g_seen.is_any_unknown, 1U); }

void tell_of_unknown_contexts() noexcept {
  static constinit std::atomic<bool> has_told{};
  if (has_told.exchange(true, std::memory_order_relaxed)) return;
  engine::cuda_notice(
      "weir: the pools leave everything to the driver from here on: the program has a green context, or more "
      "than 128 contexts "
      "at a time, and what those do cannot be followed");
}

int current_context() noexcept {
  CUcontext context = nullptr;
  if (ask::ctx_get_current(&context) != CUDA_SUCCESS || context == nullptr) return -1;
  const int number = find_alive(key_of(context));
  return number >= 0 ? number : enter_current(key_of(context));
}

int number_of_context(CUcontext context) noexcept {
  if (context == nullptr) return -1;
  const int number = find_alive(key_of(context));
  CUcontext current = nullptr;
  if (number >= 0 || ask::ctx_get_current(&current) != CUDA_SUCCESS || current != context) return number;
  return enter_current(key_of(context));
}

int begin_life(CUcontext context, CUdevice device) noexcept {
  if (context == nullptr) return -1;
  const int number = find_alive(key_of(context));
  if (number >= 0) return number;
  const platform::Holding hold{g_lock};
  return enter(key_of(context), static_cast<std::uint8_t>(device));
}

int begin_end(std::uint64_t context) noexcept {
  int number = -1;
  {
    const platform::Holding hold{g_lock};
    store_release(g_ends, g_ends + 1);
    if (context != 0) number = find_alive(context);
    // seq_cst: before the look at its users.
    if (number >= 0) std::atomic_ref{g_contexts[number].life}.store(Life::Ending, std::memory_order_seq_cst);
  }
  if (number >= 0) wait_until([=]() noexcept { return users_of(g_contexts[number]) == 0; }, kPatienceNs);
  return number;
}

void end_over(int number, bool is_over) noexcept {
  if (number < 0) return;
  if (is_over) {
    captures_ended_with(number);
    streams_ended_with(number);
    events_ended_with(number);
  }
  const platform::Holding hold{g_lock};
  store_release(g_contexts[number].life, is_over ? Life::None : Life::Alive);
}

void reach_memory_of(CUcontext peer) noexcept {
  const int reaches = current_context();
  int reached = number_of_context(peer);
  if (reached < 0 && ask::push_current(peer) == CUDA_SUCCESS) {
    reached = current_context();
    CUcontext popped = nullptr;
    (void)ask::pop_current(&popped);
  }
  if (reaches < 0 || reached < 0) return some_context_is_unknown();
  const platform::Holding hold{g_lock};
  std::uint64_t& word = g_contexts[reached].reached_by[reaches / 64];
  store_relaxed(word, word | std::uint64_t{1} << reaches % 64);
}

bool is_life_over(int number, std::uint32_t lives) noexcept {
  const SeenContext& context = g_contexts[number];
  return life_of(context) == Life::None || load_relaxed(context.lives) != lives;
}

ContextUse::ContextUse(int number) noexcept : context_{&g_contexts[number]} {
  std::atomic_ref users{context_->users};
  users.fetch_add(1, std::memory_order_seq_cst);
  if (std::atomic_ref{context_->life}.load(std::memory_order_seq_cst) == Life::Alive) return;
  users.fetch_sub(1, std::memory_order_release);
  context_ = nullptr;
}

ContextUse::ContextUse(int number, std::uint32_t lives) noexcept : ContextUse{number} {
  if (context_ == nullptr || load_relaxed(context_->lives) == lives) return;
  std::atomic_ref{context_->users}.fetch_sub(1, std::memory_order_release);
  context_ = nullptr;
}

ContextUse::~ContextUse() {
  // release: what was done with the context is done before its end goes on.
  if (context_ != nullptr) std::atomic_ref{context_->users}.fetch_sub(1, std::memory_order_release);
}

}  // namespace weir::cuda
