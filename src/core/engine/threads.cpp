// How a thread comes under watch, and how it leaves.
#include <pthread.h>

#include "core/base/old_glibc.hpp"
#include "core/engine/count.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/handler_path.hpp"
#include "core/engine/thread_list.hpp"
#include "core/engine/threads.hpp"

namespace weir::engine {
namespace {

constexpr std::uint32_t kTicksToClock = 1024;
/// Live bytes that a thread may keep to itself while there are several.
constexpr std::int64_t kStep = 32 << 10;
/// No process has so many bytes.
constexpr std::int64_t kPlenty = INT64_MAX / 2;

/// `risen` of a thread that keeps kStep bytes to itself.
constexpr std::int64_t kNever = INT64_MIN;

constinit pthread_key_t g_exit_key{};
constinit std::atomic<bool> g_has_exit_key{};
constinit profile::CounterRecord** g_no_pages{};  ///< all null: sends its user to the slow path

constinit platform::Lock g_lone_lock{};
constinit ThreadState* g_lone{};  ///< the only thread that counts, if it keeps all to itself

void note_live(std::int64_t delta) noexcept {
  profile::Header& h = header();
  const std::int64_t live = __atomic_add_fetch(&h.flushed_live[kHost], delta, __ATOMIC_RELAXED);
  std::int64_t peak = load_relaxed(h.peak_bytes[kHost]);
  while (live > peak) {
    if (!__atomic_compare_exchange_n(&h.peak_bytes[kHost], &peak, live, true, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
      continue;
    // After this every site's counters first remember what was live (count.hpp).
    add_shared(h.peak_number[kHost], 1);
    store_relaxed(h.peak_at_ns[kHost], load_relaxed(h.last_seen_ns));
    return;
  }
}

void note_own(ThreadState& self) noexcept {
  const std::int64_t delta = self.granted - self.room;
  self.granted = self.room;
  note_live(delta);
}

/// Lets a thread keep its live bytes to itself while it is the only one.
void keep_all(ThreadState& self) noexcept {
  const profile::Header& h = header();
  const std::int64_t below_peak = load_relaxed(h.peak_bytes[kHost]) - load_relaxed(h.flushed_live[kHost]);
  self.room = self.granted = kPlenty + below_peak;
  self.ceiling = INT64_MAX;
  self.risen = kPlenty;
}

void keep_a_step(ThreadState& self) noexcept {
  self.room = self.granted = kStep;
  self.ceiling = 2 * kStep;
  self.risen = kNever;
  profile::Header& h = header();
  const std::uint64_t error = std::uint64_t{load_relaxed(h.shard_count)} * kStep;
  if (error > load_relaxed(h.peak_error_bytes[kHost])) store_relaxed(h.peak_error_bytes[kHost], error);
}

/// A second thread passes on what the first has kept to itself, which may not come by for long.
void pass_on_for_lone() noexcept {
  const platform::Holding hold{g_lone_lock};
  if (g_lone == nullptr) return;
  const std::int64_t delta = g_lone->granted - load_relaxed(g_lone->room);
  g_lone->granted -= delta;
  g_lone = nullptr;
  note_live(delta);
}

void forget_lone(const ThreadState& self) noexcept {
  const platform::Holding hold{g_lone_lock};
  if (g_lone == &self) g_lone = nullptr;
}

void release_shard(ThreadState& self) noexcept {
  unlist_thread(self);
  const KeepOut keep_out;
  track::Shard* shard = self.shard;
  pass_on(self);
  forget_lone(self);
  self.shard = g_shards.shared();
  self.pages = g_no_pages;
  if (self.memory != nullptr) stack::give_back_memory(self.memory);
  self.memory = nullptr;
  g_shards.give_back(shard);
  if (g_shards.single()) bump_generation();
}

/// False in a forked child whose forking thread has not begun, or not heard of, the child's profile: its shard is the
/// parent's. A thread that has only not heard of the latest news is up to date in the upper half.
bool has_own_shard(const ThreadState& self) noexcept {
  return self.shard != nullptr && !self.shard->shared && load_relaxed(g_guard->generation) != 0 &&
         self.generation >> 32 == expected_generation() >> 32;
}

/// Runs after the thread's own destructors, which may free: so it asks to be called again, and lets go in the last
/// round that POSIX grants. What the thread still frees then is counted in the shared shard.
void on_thread_exit(void* self_address) noexcept {
  constexpr std::uint8_t kRounds = 3;  // PTHREAD_DESTRUCTOR_ITERATIONS is 4
  ThreadState& self = *static_cast<ThreadState*>(self_address);
  if (self.exit_rounds++ < kRounds) {
    pthread_setspecific(g_exit_key, self_address);  // no allocation: the key is one of the first 32
    return;
  }
  if (has_own_shard(self)) release_shard(self);
}

void take_shard(ThreadState& self) noexcept {
  const bool was_single = g_shards.single();
  self.shard = g_shards.take(g_map);
  self.pages = self.shard->shared ? g_no_pages : self.shard->pages;
  self.ticks = kTicksToClock;
  if (self.memory == nullptr && !self.quiet) self.memory = stack::take_memory();
  if (was_single && !g_shards.single()) {
    pass_on_for_lone();
    bump_generation();  // the first thread must hear that it is not alone
  }
  list_thread(self);
  if (g_has_exit_key.load(std::memory_order_acquire)) pthread_setspecific(g_exit_key, &self);
}

/// Every count of this thread goes to the slow path, which knows better.
void stop_counting(ThreadState& self) noexcept {
  self.pages = g_no_pages;
  self.memory = nullptr;
  self.room = self.granted = kPlenty;
  self.ceiling = INT64_MAX;
  self.risen = kNever;
  self.ticks = ~std::uint32_t{0};
  self.generation = expected_generation();
}

}  // namespace

bool prepare_threads() noexcept {
  g_no_pages = static_cast<profile::CounterRecord**>(
      platform::map_pages(g_shards.page_count() * sizeof(profile::CounterRecord*)));
  return g_no_pages != nullptr;
}

void watch_thread_exits() noexcept {
  if (pthread_key_create(&g_exit_key, on_thread_exit) != 0) return;  // then ended threads keep their shards
  g_has_exit_key.store(true, std::memory_order_release);
  pthread_setspecific(g_exit_key, &t_self);
}

void bump_generation() noexcept { add_shared(g_guard->generation, 1); }

void enter_thread(ThreadState& self) noexcept {
  if (load_relaxed(g_guard->generation) == 0) begin_child(self);
  if (!g_counting.load(std::memory_order_relaxed)) return stop_counting(self);
  if (self.shard == nullptr) take_shard(self);
  if (self.memory != nullptr) self.memory->catch_up();
  self.generation = expected_generation();
  pass_on(self);
  if (self.deferred != nullptr) free_deferred(self);
}

void pass_on(ThreadState& self) noexcept {
  if (is_sampled()) return;  // each sample is passed on at once (sampled_count.cpp)
  if (self.risen == kNever && !g_shards.single()) {
    note_own(self);
    return keep_a_step(self);
  }
  const platform::Holding hold{g_lone_lock};
  note_own(self);
  const bool is_lone = g_shards.single() && !self.shard->shared;
  if (is_lone)
    g_lone = &self;
  else if (g_lone == &self)
    g_lone = nullptr;
  is_lone ? keep_all(self) : keep_a_step(self);
}

void reset_lone() noexcept {
  g_lone_lock.reset();
  g_lone = nullptr;
}

}  // namespace weir::engine
