#include "core/engine/scan_threads.hpp"

#include <fcntl.h>
#include <stdlib.h>

#include <string_view>

#include "core/base/text.hpp"
#include "core/engine/state.hpp"
#include "core/engine/thread_list.hpp"
#include "core/platform/mappings.hpp"

namespace weir::engine {
namespace {

constexpr std::uintptr_t kRedZone = 128;  // a function may use that much below its stack pointer
constexpr std::uintptr_t kSavedHere =
    128;  // below its frame's address a function saves the registers of its callers
constexpr std::uintptr_t kWord = sizeof(std::uintptr_t);

/// The numbers of /proc/self/task/TID/syscall: "NR A0 … A5 SP PC", hexadecimal but for the first. False: the thread runs.
bool blocked_in(std::uint32_t tid, std::uintptr_t (&numbers)[8]) noexcept {
  char path[64], text[256];
  TextBuffer name{path};
  name << "/proc/self/task/" << std::uint64_t{tid} << "/syscall";
  const std::string_view line{text, platform::read_file(name.c_str(), text)};
  if (line.empty() || (line[0] != '-' && (line[0] < '0' || line[0] > '9'))) return false;
  std::size_t at = 0, count = 0;
  for (; at < line.size() && count != 8; ++count) {
    at = line.find("0x", at);
    if (at == std::string_view::npos) break;
    std::uintptr_t number = 0;
    for (at += 2; at < line.size(); ++at) {
      const char c = line[at];
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) break;
      number = number * 16 + static_cast<std::uintptr_t>(digit);
    }
    numbers[count] = number;
  }
  if (count == 2) {  // "-1 SP PC": stopped, but in no call
    numbers[6] = numbers[0];
    for (std::size_t i = 0; i != 6; ++i) numbers[i] = 0;
    return true;
  }
  return count == 8;
}

/// The mapping that holds `at`, if it is the first thread's stack; else nothing.
StackRange first_stack(std::uintptr_t at) noexcept {
  platform::Mappings mappings;
  platform::Mapping mapping;
  char name[32];
  while (mappings.is_open() && mappings.next(mapping, name))
    if (at >= mapping.begin && at < mapping.end && std::string_view{name} == "[stack]")
      return {mapping.begin, mapping.end};
  return {};
}

struct Visit {
  ThreadsSeen& seen;
  std::uint32_t listed, self_tid;
  bool all_known, is_ending;
};

/// What weir itself knows of a thread's blocks is no root; but the newest block of a thread that runs on may be in a register
/// alone, and what waits to be freed is nobody's leak.
void see_state(const ThreadState& state, void* argument) noexcept {
  auto& seen = *static_cast<ThreadsSeen*>(argument);
  seen.holes->add(address_of(&state), address_of(&state + 1));
  if (const void* block = load_relaxed(state.moving);
      block != nullptr && seen.moving_count != ThreadsSeen::kMostMoving)
    seen.moving[seen.moving_count++] = {block, load_relaxed(state.moving_bytes)};
  if (const void* waits = load_relaxed(state.deferred); waits != nullptr) seen.add_word(address_of(waits));
  if (const void* newest = load_relaxed(state.last_block); newest != nullptr && &state != &t_self)
    seen.add_word(address_of(newest));
}

void park(std::uintptr_t sp, std::uintptr_t descriptor, ThreadsSeen& seen) noexcept {
  if (seen.parked_count == ThreadsSeen::kMostParked) return void(++seen.counts.whole_stacks);
  seen.parked[seen.parked_count++] = {sp, descriptor};
}

/// Without glibc's help: a stack that it made is a mapping above a guard that cannot be read, and has the descriptor at its end.
/// Others count from end to end.
void find_parked_stacks(ThreadsSeen& seen) noexcept {
  platform::Mappings mappings;
  platform::Mapping mapping;
  char name[16];
  std::uintptr_t guard_end = 0;
  std::size_t found = 0;
  while (mappings.is_open() && mappings.next(mapping, name)) {
    const bool is_guarded = guard_end == mapping.begin;
    guard_end = !mapping.readable && !mapping.writable && mapping.inode == 0 ? mapping.end : 0;
    if (!is_guarded || !mapping.writable || mapping.shared || mapping.inode != 0) continue;
    for (std::size_t i = 0; i != seen.parked_count; ++i) {
      const ThreadsSeen::Parked& at = seen.parked[i];
      if (at.sp < mapping.begin || at.sp >= at.descriptor || at.descriptor >= mapping.end) continue;
      seen.holes->add(mapping.begin, at.sp);
      ++found;
    }
  }
  seen.counts.whole_stacks += static_cast<std::uint32_t>(seen.parked_count - found);
}

void see_one(const ListedThread& thread, void* argument) noexcept {
  auto& visit = *static_cast<Visit*>(argument);
  ThreadsSeen& seen = visit.seen;
  ++visit.listed;
  const bool is_own = thread.tid == visit.self_tid;
  if (is_own) return;
  ++seen.counts.without_registers;
  std::uintptr_t numbers[8];
  if (!blocked_in(thread.tid, numbers)) return void(++seen.counts.whole_stacks);
  for (std::size_t i = 0; i != 6; ++i) seen.add_word(numbers[i]);
  const std::uintptr_t sp = numbers[6];
  StackRange stack = thread.stack;
  if (!visit.is_ending && thread.tid != header().pid) return park(sp - kRedZone, thread.descriptor, seen);
  if (thread.tid == header().pid) stack = first_stack(sp);
  if (sp >= stack.low && sp < stack.high)
    seen.holes->add(stack.low, sp - kRedZone);
  else
    ++seen.counts.whole_stacks;
}

void see_dead(StackRange stack, void* argument) noexcept {
  const auto& visit = *static_cast<Visit*>(argument);
  // A thread that weir has not met may live there now.
  if (visit.all_known) visit.seen.holes->add(stack.low, stack.high);
}

/// Where the stack of exit()'s caller begins, when that is how the process ends: our exit handler ← __run_exit_handlers ← exit ←
/// caller. The registers that the caller had are among the words that __run_exit_handlers saves first.
std::uintptr_t above_exit(ThreadsSeen& seen, Caller handler) noexcept {
  constexpr std::size_t kFrames = 3, kSaved = 6;
  constexpr std::uintptr_t kLengthOfExit = 64;
  stack::Memory* memory = stack::take_memory();
  if (memory == nullptr) return 0;
  (void)stack::capture(*memory, handler, kFrames);
  std::uintptr_t from = 0;
  for (std::size_t i = 0; i + 1 < memory->frame_count && i + 1 < kFrames; ++i) {
    const std::uintptr_t into = memory->frames[i].pc - reinterpret_cast<std::uintptr_t>(&exit);
    if (into == 0 || into > kLengthOfExit) continue;
    from = memory->frames[i + 1].slot + kWord;
    for (std::size_t k = 1; k <= kSaved; ++k)
      seen.add_word(*reinterpret_cast<const std::uintptr_t*>(memory->frames[i].slot - k * kWord));
    break;
  }
  stack::give_back_memory(memory);
  return from;
}

std::uint32_t thread_count() noexcept {
  char text[1024];
  std::string_view stat{text, platform::read_file("/proc/self/stat", text)};
  std::size_t at = stat.rfind(')');
  for (int field = 2; at != std::string_view::npos && field != 20; ++field) at = stat.find(' ', at + 1);
  std::uint32_t count = 0;
  if (at == std::string_view::npos) return 0;
  for (++at; at < stat.size() && stat[at] >= '0' && stat[at] <= '9'; ++at)
    count = count * 10 + static_cast<std::uint32_t>(stat[at] - '0');
  return count;
}

}  // namespace

void see_states(ThreadsSeen& seen) noexcept { each_state(see_state, &seen); }

void see_threads(const Ending& ending, bool is_ending, ThreadsSeen& seen) noexcept {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  std::uintptr_t stack_from = ending.stack_from;
  if (stack_from == 0 && ending.handler.slot != nullptr) stack_from = above_exit(seen, ending.handler);
  seen.counts.threads = thread_count();
  Visit visit{seen, 0, static_cast<std::uint32_t>(platform::raw_syscall(SYS_gettid)), false, is_ending};
  const auto none = [](StackRange, void*) noexcept {};
  each_thread(see_one, none, is_ending, &visit);
  visit.all_known = visit.listed >= seen.counts.threads && seen.counts.threads != 0;
  if (!visit.all_known)
    seen.counts.without_registers +=
        seen.counts.threads > visit.listed ? seen.counts.threads - visit.listed : 0;
  each_thread([](const ListedThread&, void*) noexcept {}, see_dead, false, &visit);
  const bool is_first = visit.self_tid == header().pid;
  if (stack_from == 0) stack_from = here - kSavedHere;
  if (!is_ending && !is_first) park(stack_from, address_of(__builtin_thread_pointer()), seen);
  find_parked_stacks(seen);
  const StackRange own = is_first ? first_stack(here) : is_ending ? own_stack() : StackRange{};
  if (here >= own.low && here < own.high && stack_from > own.low && stack_from < own.high)
    seen.holes->add(own.low, stack_from);
}

}  // namespace weir::engine
