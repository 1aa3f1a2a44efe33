// Every captured stack, compared frame by frame with libunwind's unw_step, where stacks are hard to follow.
#include "core/stack/stack.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>
#include <thread>
#include <vector>

#include "judge.hpp"
#include "torture_frames.hpp"

namespace weir::stack {
namespace {

std::size_t g_compared = 0;
std::size_t g_recognised = 0;
thread_local OwnMemory t_own;

/// Compares both stacks of its caller. Not a leaf, and no tail call: it is a frame of its own for both.
[[gnu::noinline]] void compare() {
  std::vector<std::uintptr_t> theirs = judged_stack();
  theirs.erase(theirs.begin());  // the frame of compare() itself, seen from judged_stack()
  const Caller caller = caller_of(__builtin_frame_address(0));
  Memory& memory = *t_own.memory;
  if (theirs.size() <= kMaxDepth) {
    const std::uint32_t recognised = memory.recall(caller);
    if (recognised != 0) {
      ++g_recognised;
      EXPECT_EQ(recognised, g_meanings.of(theirs));
    }
  }
  const Captured ours = captured(memory, caller, kMaxDepth);
  if (theirs.size() > kMaxDepth) {
    EXPECT_TRUE(ours.truncated);
    theirs.resize(kMaxDepth);
  } else {
    EXPECT_FALSE(ours.incomplete);
    EXPECT_FALSE(ours.truncated);
  }
  EXPECT_EQ(theirs, std::vector<std::uintptr_t>(ours.pcs.begin(), ours.pcs.end()));
  EXPECT_TRUE(has_right_hash(ours));
  memory.remember(caller, g_meanings.of(theirs));
  ++g_compared;
}

volatile int g_sink = 0;
/// After a call, so that the call is no tail call.
inline void sink(int n) { g_sink = g_sink + n; }

[[gnu::noinline]] void recurse(int depth) {
  if (depth == 0) compare();
  else recurse(depth - 1);
  sink(1);
}

TEST(Capture, AgreesOnPlainRecursion) {
  const std::size_t before = g_recognised;
  volatile int rounds = 20;  // not unrolled: each copy would be another call site
  for (int round = 0; round != rounds; ++round)
    for (const int depth : {0, 1, 5, 20, 100}) recurse(depth);
  EXPECT_GE(g_recognised - before, 50U);
}

TEST(Capture, CutsTheOldestFramesBeyondTheDepth) {
  recurse(1000);
  const Captured two = captured(*t_own.memory, caller_of(__builtin_frame_address(0)), 2);
  EXPECT_EQ(two.pcs.size(), 2U);
  EXPECT_TRUE(two.truncated);
}

[[gnu::noinline]] void with_variable_frame(int bytes) {
  auto* room = static_cast<volatile char*>(__builtin_alloca(static_cast<std::size_t>(bytes)));
  room[0] = 1;
  if (bytes > 16) with_variable_frame(bytes / 2);
  else compare();
  sink(room[0]);
}
TEST(Capture, AgreesThroughVariableFrames) {
  for (int i = 0; i != 40; ++i) with_variable_frame(5000 - i % 3 * 1000);
}

template <std::size_t kAlign>
[[gnu::noinline]] void realigned(int depth) {
  alignas(kAlign) volatile char room[kAlign];
  room[0] = 1;
  if (depth == 0) compare();
  else realigned<kAlign>(depth - 1);
  sink(room[0]);
}
template <std::size_t kAlign>
[[gnu::noinline]] void realigned_and_variable(int depth) {
  alignas(kAlign) volatile char room[kAlign];
  auto* more = static_cast<volatile char*>(__builtin_alloca(static_cast<std::size_t>(depth) * 40 + 8));
  room[0] = 1;
  more[0] = 1;
  if (depth == 0) compare();
  else realigned_and_variable<kAlign>(depth - 1);
  sink(room[0] + more[0]);
}
TEST(Capture, AgreesThroughRealignedStacks) {
  for (int i = 0; i != 10; ++i) {
    realigned<64>(5);
    realigned<128>(i % 3);
    realigned<4096>(2);
    realigned_and_variable<64>(4);
    realigned_and_variable<256>(i % 4);
  }
}

[[gnu::noinline]] void with_huge_frame() {
  volatile char room[9000];
  room[0] = 1;
  room[8999] = 1;
  compare();
  sink(room[0]);
}
TEST(Capture, AgreesThroughHugeFrames) {
  for (int i = 0; i != 4; ++i) with_huge_frame();
}

[[gnu::noinline, gnu::optimize("stack-clash-protection")]] void with_probed_frame() {
  volatile char room[70000];
  room[0] = 1;
  compare();
  sink(room[0]);
}
TEST(Capture, AgreesThroughProbedFrames) {
  for (int i = 0; i != 4; ++i) with_probed_frame();
}

[[gnu::noinline, gnu::optimize("no-omit-frame-pointer")]] void with_frame_pointer(int depth) {
  if (depth == 0) compare();
  else with_frame_pointer(depth - 1);
  sink(1);
}
TEST(Capture, AgreesThroughFramePointerCode) {
  for (int i = 0; i != 12; ++i) with_frame_pointer(10 - i % 3);
}

TEST(Capture, AgreesThroughCallbacksOfLibraries) {
  int numbers[] = {5, 3, 9, 1};
  std::qsort(numbers, 4, sizeof(int), [](const void* a, const void* b) {
    compare();
    return *static_cast<const int*>(a) - *static_cast<const int*>(b);
  });
  std::sort(std::begin(numbers), std::end(numbers), [](int a, int b) {
    compare();
    return a < b;
  });
  struct Traced {
    int n;
    bool operator<(const Traced& other) const {
      compare();
      return n < other.n;
    }
  };
  std::map<Traced, int> map;
  for (int i = 0; i != 8; ++i) map[{i * 7 % 5}] = i;
}

struct ComparesWhenGone {
  ~ComparesWhenGone() { compare(); }
};
[[gnu::noinline]] void throw_through(int depth) {
  const ComparesWhenGone gone;
  if (depth == 0) throw std::runtime_error{"as planned"};
  throw_through(depth - 1);
}
TEST(Capture, AgreesDuringAndAfterExceptions) {
  for (int i = 0; i != 5; ++i) {
    try {
      throw_through(4);
    } catch (const std::runtime_error&) {
      compare();
    }
  }
}

jmp_buf g_jump;
[[gnu::noinline]] void jump_out(int depth) {
  compare();
  if (depth == 0) longjmp(g_jump, 1);
  if (g_sink != -1) jump_out(depth - 1);
}
TEST(Capture, AgreesAfterLongjmp) {
  if (setjmp(g_jump) == 0) jump_out(5);
  compare();
}

void on_signal(int) { compare(); }
void raise_under(bool alternate_stack) {
  static char other_stack[1 << 16];
  stack_t previous{}, wanted{};
  wanted.ss_sp = other_stack;
  wanted.ss_size = sizeof(other_stack);
  sigaltstack(&wanted, &previous);
  struct sigaction action {}, before {};
  action.sa_handler = on_signal;
  action.sa_flags = alternate_stack ? SA_ONSTACK : 0;
  sigaction(SIGUSR1, &action, &before);
  raise(SIGUSR1);
  sigaction(SIGUSR1, &before, nullptr);
  sigaltstack(&previous, nullptr);
}
TEST(Capture, AgreesInSignalHandlers) {
  raise_under(false);
  raise_under(true);
}

TEST(Capture, AgreesInSignalHandlersAtAnyInstruction) {
  struct sigaction action {}, before {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGVTALRM, &action, &before);
  const std::size_t start = g_compared;
  itimerval often{{0, 500}, {0, 500}}, never{};
  setitimer(ITIMER_VIRTUAL, &often, nullptr);
  std::uint64_t x = 1;
  for (int i = 0; g_compared - start < 50 && i != 2'000'000'000; ++i) {
    x = x * 6364136223846793005ULL + 1;
    sink(std::abs(static_cast<int>(x >> 40)) % 3);
  }
  setitimer(ITIMER_VIRTUAL, &never, nullptr);
  sigaction(SIGVTALRM, &before, nullptr);
  EXPECT_GE(g_compared - start, 50U);
}

ucontext_t g_main_context, g_fiber_context;
void fiber_body() {
  recurse(7);
  swapcontext(&g_fiber_context, &g_main_context);
  recurse(3);
}
TEST(Capture, AgreesOnFibersWhoseStacksComeAndGo) {
  volatile int rounds = 20;  // what lives across getcontext() must not be in a register
  while (rounds != 0) {
    rounds = rounds - 1;
    constexpr std::size_t bytes = 1 << 18;
    void* volatile stack = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(stack, MAP_FAILED);
    getcontext(&g_fiber_context);
    g_fiber_context.uc_stack.ss_sp = stack;
    g_fiber_context.uc_stack.ss_size = bytes;
    g_fiber_context.uc_link = &g_main_context;
    makecontext(&g_fiber_context, fiber_body, 0);
    swapcontext(&g_main_context, &g_fiber_context);
    recurse(2);
    swapcontext(&g_main_context, &g_fiber_context);
    munmap(stack, bytes);
  }
}

TEST(Capture, AgreesOnThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i != 8; ++i) threads.emplace_back([] {
      for (int round = 0; round != 20; ++round) recurse(round % 6);
    });
  for (std::thread& thread : threads) thread.join();
}

/// Two callers of one function whose stacks differ only far down, in random order: the youngest frames predict wrongly.
[[gnu::noinline]] void by_one_way(unsigned bits, int depth);
[[gnu::noinline]] void by_other_way(unsigned bits, int depth) {
  if (depth == 0) compare();
  else if ((bits & 1) != 0) by_one_way(bits >> 1, depth - 1);
  else by_other_way(bits >> 1, depth - 1);
  sink(2);
}
void by_one_way(unsigned bits, int depth) {
  if (depth == 0) compare();
  else if ((bits & 1) != 0) by_one_way(bits >> 1, depth - 1);
  else by_other_way(bits >> 1, depth - 1);
  sink(1);
}
TEST(Capture, TellsApartStacksThatDifferOnlyFarDown) {
  unsigned bits = 1;
  const std::size_t before = g_recognised;
  for (int i = 0; i != 3000; ++i) {
    bits = bits * 1664525 + 1013904223;
    by_one_way(bits >> 28, 9);
  }
  EXPECT_GT(g_recognised - before, 100U);
}

/// A bottom frame that leads nowhere: its return address is no code, its rbp points beyond the stack.
TEST(Capture, StopsWhereTheStackLeadsNowhere) {
  const std::size_t page = 4096;
  auto* base = static_cast<char*>(mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_EQ(munmap(base + page, page), 0);
  auto* words = reinterpret_cast<std::uintptr_t*>(base + page) - 4;
  words[-1] = reinterpret_cast<std::uintptr_t>(base) + page + 64;
  words[0] = 0x1234;
  Memory& memory = *t_own.memory;
  const Captured stack = captured(memory, {words}, 64);
  EXPECT_EQ(stack.pcs.size(), 1U);
  // The same with a return address that has a rule: its frame reaches beyond the mapped page.
  words[3] = reinterpret_cast<std::uintptr_t>(&recurse) + 1;
  const Captured cut = captured(memory, {words + 3}, 64);
  EXPECT_EQ(cut.pcs.size(), 1U);
  EXPECT_TRUE(cut.incomplete);
  munmap(base, page);
}

/// A stack made by hand, in the last words of a page; what follows is not mapped.
struct MadeStack {
  static constexpr std::size_t kPage = 4096, kWords = 16;
  std::uintptr_t* words;
  MadeStack() {
    auto* base = static_cast<char*>(mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base == MAP_FAILED || munmap(base + kPage, kPage) != 0) std::abort();
    words = reinterpret_cast<std::uintptr_t*>(base + kPage) - kWords;
    std::fill_n(words, kWords, at_entry());
    words[-1] = 0;  // rbp
  }
  ~MadeStack() { munmap(reinterpret_cast<char*>(words + kWords) - kPage, kPage); }
  MadeStack(const MadeStack&) = delete;
  MadeStack& operator=(const MadeStack&) = delete;

  /// A return address whose frame is this one word.
  static std::uintptr_t at_entry() { return reinterpret_cast<std::uintptr_t>(&torture::torture_frame_pointer) + 1; }
  /// One whose frame is told by rbp: behind push %rbp; mov %rsp, %rbp.
  static std::uintptr_t by_rbp() { return reinterpret_cast<std::uintptr_t>(&torture::torture_frame_pointer) + 5; }

  /// The number of frames, the same with rules that are learnt on the way and with known ones; negative: incomplete.
  int frames() {
    int first = 0;
    for (int round = 0; round != 3; ++round) {
      t_own.memory->forget();
      if (round == 0) forget_code();
      const Captured stack = captured(*t_own.memory, {words}, 64);
      const int count = static_cast<int>(stack.pcs.size()) * (stack.incomplete ? -1 : 1);
      if (round == 0) first = count;
      EXPECT_EQ(count, first);
    }
    return first;
  }
};

TEST(MadeStack, EndsAtAReturnAddressOfZero) {
  MadeStack stack;
  stack.words[5] = 0;
  EXPECT_EQ(stack.frames(), 5);
}

TEST(MadeStack, IsIncompleteWhereItLeavesTheMappedPages) {
  MadeStack stack;
  EXPECT_EQ(stack.frames(), -static_cast<int>(MadeStack::kWords));
}

// Says that its caller's rbp lies 480 bytes below the CFA, where this frame is not.
asm(".text\n.type stack_saves_far_below, @function\nstack_saves_far_below:\n.cfi_startproc\n"
    ".cfi_def_cfa_offset 16\n.cfi_offset 6, -480\nnop\nret\n.cfi_endproc\n"
    ".size stack_saves_far_below, .-stack_saves_far_below\n");
extern "C" void stack_saves_far_below();

TEST(MadeStack, IsIncompleteWhereTheSavedFramePointerIsBelowTheMappedPages) {
  constexpr std::size_t kPage = 4096;
  auto* below = static_cast<char*>(mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  auto* words = reinterpret_cast<std::uintptr_t*>(below + kPage);
  for (std::size_t i = 0; i != 32; ++i) words[i] = reinterpret_cast<std::uintptr_t>(&stack_saves_far_below) + 1;
  words[31] = 0;
  forget_code();
  t_own.memory->forget();
  words[101] = words[102] = words[1];  // the rule is learnt where it can be followed
  EXPECT_FALSE(captured(*t_own.memory, {words + 101}, 64).incomplete);
  ASSERT_EQ(mprotect(below, kPage, PROT_NONE), 0);
  for (int round = 0; round != 2; ++round) {
    t_own.memory->forget();
    const Captured stack = captured(*t_own.memory, {words + 1}, 64);
    EXPECT_TRUE(stack.incomplete);
    EXPECT_EQ(stack.pcs.size(), 1U);
  }
  munmap(below, 2 * kPage);
}

TEST(MadeStack, IsIncompleteWhereTheFramePointerIsNone) {
  MadeStack stack;
  stack.words[3] = stack.by_rbp();
  const auto here = reinterpret_cast<std::uintptr_t>(stack.words);
  for (const std::uintptr_t rbp : {here, here + 8, here + 16 + 4, here - 64, here + 0x100000, std::uintptr_t{5}}) {
    stack.words[-1] = rbp;
    EXPECT_EQ(stack.frames(), -4) << rbp - here;
  }
  stack.words[-1] = here + 64;  // that is one
  stack.words[12] = 0;
  EXPECT_EQ(stack.frames(), 7);
}

}  // namespace
}  // namespace weir::stack
