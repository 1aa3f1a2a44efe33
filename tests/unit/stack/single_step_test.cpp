// A handler that comes at every single instruction of what runs, and compares the stack there with libunwind's: within
// prologues and epilogues, in linkage tables, in libc's own assembler.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "judge.hpp"
#include "torture_frames.hpp"

namespace weir::stack {
namespace {

struct Seen {
  std::size_t steps = 0, incomplete = 0, differences = 0;
  std::string described;
};
Seen g_seen;
thread_local OwnMemory t_own;

void describe(const std::vector<std::uintptr_t>& theirs, const Captured& ours, std::size_t at) {
  char text[200];
  std::snprintf(text, sizeof(text), "step %zu: frame %zu of %zu (theirs %zu) after %#zx differs%s\n", g_seen.steps, at,
                ours.pcs.size(), theirs.size(), at == 0 ? 0 : theirs[at - 1],
                ours.incomplete ? ", called incomplete" : "");
  if (g_seen.differences++ < 20) g_seen.described += text;
}

/// A stack may end where the interrupted code keeps its frame's address in a register that is not followed; but then it
/// must say so, and what there is of it must be right.
[[gnu::noinline]] void compare_step() {
  std::vector<std::uintptr_t> theirs = judged_stack();
  theirs.erase(theirs.begin());
  const Caller caller = caller_of(__builtin_frame_address(0));
  const std::uint32_t meaning = g_meanings.of(theirs), known = t_own.memory->recall(caller);
  const Captured ours = captured(*t_own.memory, caller, kMaxDepth);
  std::size_t same = 0;
  while (same < theirs.size() && same < ours.pcs.size() && theirs[same] == ours.pcs[same]) ++same;
  const bool is_whole = same == theirs.size() && same == ours.pcs.size();
  const bool is_honest = ours.incomplete && same == ours.pcs.size();
  ++g_seen.steps;
  if (!is_whole) ++g_seen.incomplete;
  if ((!is_whole && !is_honest) || (known != 0 && known != meaning)) describe(theirs, ours, same);
  t_own.memory->remember(caller, is_whole ? meaning : g_meanings.of(ours.pcs));
  stay();
}

volatile bool g_stepping = false;
void on_step(int, siginfo_t*, void* context) {
  constexpr greg_t kTrap = 0x100;
  greg_t& flags = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL];
  if ((flags & kTrap) != 0) compare_step();
  flags = g_stepping ? flags | kTrap : flags & ~kTrap;
}

/// Runs `what`, which must not allocate, instruction by instruction.
template <class Function>
Seen step_through(Function what) {
  g_seen = {};
  struct sigaction action {}, before {};
  action.sa_sigaction = on_step;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, &before);
  g_stepping = true;
  raise(SIGTRAP);
  what();
  g_stepping = false;
  sigaction(SIGTRAP, &before, nullptr);
  return g_seen;
}

void nothing(torture::Step*) {}

TEST(SingleStep, IsRightOrSaysSoInEveryKindOfFrame) {
  torture::Step steps[] = {{torture::torture_bare_32, 0},       {torture::torture_frame_pointer, 0},
                           {torture::torture_variable, 32},     {torture::torture_changes_rbp, 7},
                           {torture::torture_realigned_64, 0},  {torture::torture_saves_rbp_low, 0},
                           {torture::compiled, 0},              {torture::compiled_frame_pointer, 0},
                           {torture::compiled_variable, 40},    {torture::compiled_realigned<64>, 0},
                           {torture::compiled_realigned_variable, 9}, {torture::compiled_huge, 0},
                           {torture::compiled_busy, 3},         {torture::torture_realigned_128, 0},
                           {nothing, 0}};
  steps[0].run(steps);  // so that all is bound
  const Seen seen = step_through([&] { steps[0].run(steps); });
  EXPECT_GT(seen.steps, 200U);
  EXPECT_LT(seen.incomplete, seen.steps / 5);
  EXPECT_EQ(seen.differences, 0U) << seen.described;
}

TEST(SingleStep, IsRightOrSaysSoInLibrariesAndTheirLinkage) {
  long sum = 0;
  char text[400], other[400];
  const auto work = [&] {
    int numbers[] = {5, 3, 9, 1};
    qsort(numbers, 4, sizeof(int), [](const void* a, const void* b) {
      return *static_cast<const int*>(a) - *static_cast<const int*>(b);
    });
    memset(text, numbers[0], sizeof(text));
    memcpy(other, text, sizeof(other));
    sum += strtol("123", nullptr, 10) + memcmp(text, other, sizeof(text)) + a64l("abc");
  };
  work();
  const Seen seen = step_through(work);
  EXPECT_GT(seen.steps, 300U);
  EXPECT_LT(seen.incomplete, seen.steps / 50);
  EXPECT_EQ(seen.differences, 0U) << seen.described;
}

TEST(SingleStep, IsRightOrSaysSoWhileTheLoaderBindsAFunction) {
  long bits = 0;
  const Seen seen = step_through([&] { bits = lrand48(); });
  EXPECT_GT(seen.steps, 20U);
  EXPECT_EQ(seen.differences, 0U) << seen.described << bits;
}

}  // namespace
}  // namespace weir::stack
