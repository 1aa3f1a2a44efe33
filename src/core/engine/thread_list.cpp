#include "core/engine/thread_list.hpp"

#include <pthread.h>

#include "core/base/old_glibc.hpp"
#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

struct Entry {
  ThreadState* state;  ///< null: free
  pthread_t thread;
  std::uint32_t tid;
};

struct DeadStack {
  StackRange range;
  std::uintptr_t descriptor;  ///< the thread's, at the upper end of its stack; 0: no entry
};

constexpr std::uint32_t kMost = 16384;  ///< threads at a time; of more, the stacks are believed to be alive
constexpr std::uint32_t kDead = 256;    ///< stacks remembered; glibc keeps 40 MB of them

constinit platform::Lock g_lock{};
constinit Entry* g_entries{};
constinit std::uint32_t g_used{};  ///< entries below it have been in use
constinit DeadStack g_dead[kDead]{};
constinit std::uint32_t g_next_dead{};

/// Of a thread that cannot end now. `guarded`: glibc made the stack, and keeps it.
StackRange stack_of(pthread_t thread, bool& guarded) noexcept {
  pthread_attr_t facts;
  if (pthread_getattr_np(thread, &facts) != 0) return {};
  void* low = nullptr;
  std::size_t bytes = 0, guard = 0;
  const bool known = pthread_attr_getstack(&facts, &low, &bytes) == 0;
  pthread_attr_getguardsize(&facts, &guard);
  pthread_attr_destroy(&facts);
  guarded = guard != 0;
  return known ? StackRange{address_of(low), address_of(low) + bytes} : StackRange{};
}

bool may_ask() noexcept {
  return wants_looks() && platform::may(platform::Right::Snapshot) && platform::may(platform::Right::WhoAmI);
}

bool is_first_thread() noexcept { return platform::raw_syscall(SYS_gettid) == header().pid; }

/// A thread that ended by the system call alone is listed still, and what glibc knew of it may be gone.
bool lives(const Entry& entry) noexcept {
  return platform::raw_syscall(SYS_tgkill, header().pid, entry.tid, 0) == 0;
}

/// glibc's descriptor begins with its own address, and has it again as its third word, while it is one.
bool is_descriptor(std::uintptr_t at) noexcept {
  const auto* words = reinterpret_cast<const std::uintptr_t*>(at);
  return words[0] == at && words[2] == at;
}

void remember_dead(StackRange range, pthread_t thread) noexcept {
  for (DeadStack& dead : g_dead)
    if (dead.descriptor == thread) return void(dead.range = range);
  g_dead[g_next_dead++ % kDead] = {range, thread};
}

void forget_dead(pthread_t thread) noexcept {
  for (DeadStack& dead : g_dead)
    if (dead.descriptor == thread) dead = {};
}

}  // namespace

void list_thread(ThreadState& self) noexcept {
  if (self.listed != 0 || !may_ask()) return;
  const auto tid = static_cast<std::uint32_t>(platform::raw_syscall(SYS_gettid));
  const platform::Holding hold{g_lock};
  if (g_entries == nullptr) g_entries = static_cast<Entry*>(platform::map_pages(kMost * sizeof(Entry)));
  if (g_entries == nullptr) return;
  std::uint32_t slot = 0;
  while (slot != g_used && g_entries[slot].state != nullptr) ++slot;
  if (slot == kMost) return;
  if (slot == g_used) ++g_used;
  g_entries[slot] = {&self, pthread_self(), tid};
  self.listed = slot + 1;
  forget_dead(pthread_self());
}

void unlist_thread(ThreadState& self) noexcept {
  if (self.listed == 0) return;
  bool guarded = false;
  const Quiet
      quiet;  // glibc allocates to answer, and that from its own allocator would make an arena for each thread
  const StackRange range = !may_ask() || is_first_thread() ? StackRange{} : stack_of(pthread_self(), guarded);
  const KeepOut keep_out;
  const platform::Holding hold{g_lock};
  if (range.low != 0 && guarded) remember_dead(range, pthread_self());
  self.last_block = nullptr;  // its memory outlives the thread, on the stack that glibc keeps
  g_entries[self.listed - 1] = {};
  self.listed = 0;
}

void relist_after_fork(ThreadState& self) noexcept {
  g_lock.reset();
  for (std::uint32_t i = 0; i != g_used; ++i) g_entries[i] = {};
  for (DeadStack& dead : g_dead) dead = {};
  g_used = 0;
  self.listed = 0;
  list_thread(self);
}

void each_state(void (*see)(const ThreadState&, void*) noexcept, void* argument) noexcept {
  for (std::uint32_t i = 0; i != g_used; ++i) {
    const ThreadState* state = g_entries[i].state;
    if (state == nullptr) continue;
    // That of a thread that ended by the system call alone may be gone. Where the kernel may not be asked, the copy is at risk.
    if (platform::may(platform::Right::AskPages) && !platform::is_readable(address_of(state))) continue;
    see(*state, argument);
  }
}

StackRange own_stack() noexcept {
  bool guarded = false;
  return stack_of(pthread_self(), guarded);
}

void each_thread(void (*see)(const ListedThread&, void*) noexcept, void (*dead)(StackRange, void*) noexcept,
                 bool ask_stacks, void* argument) noexcept {
  const platform::Holding hold{g_lock};
  for (std::uint32_t i = 0; i != g_used; ++i) {
    const Entry& entry = g_entries[i];
    if (entry.state == nullptr || !lives(entry)) continue;
    bool guarded = false;
    // For the first thread glibc reads the kernel's list, which tells no more than where it may grow to.
    const bool is_first = entry.tid == header().pid;
    see({entry.state, entry.tid, entry.thread,
         is_first || !ask_stacks ? StackRange{} : stack_of(entry.thread, guarded)},
        argument);
  }
  for (const DeadStack& stack : g_dead) {
    if (stack.descriptor == 0) continue;
    // What glibc has given back may be anybody's by now, or nothing.
    if (!platform::is_readable(stack.descriptor)) continue;
    // Thread-local variables lie below the descriptor, and are as dead. What the thread returned lies above.
    if (is_descriptor(stack.descriptor)) dead({stack.range.low, stack.descriptor}, argument);
  }
}

}  // namespace weir::engine
