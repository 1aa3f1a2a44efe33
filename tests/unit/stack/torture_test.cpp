// Random sequences of stacks made of every kind of frame; every capture is compared with libunwind's.
//
//   WEIR_TORTURE_SEED=N       begin with this seed instead of 1
//   WEIR_TORTURE_SEEDS=N      so many seeds
//   WEIR_TORTURE_CAPTURES=N   so many stacks for each
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstdlib>
#include <string>

#include "judge.hpp"
#include "torture_path.hpp"

namespace weir::stack {
namespace {

using torture::Path, torture::Random, torture::Step;

std::size_t setting(const char* name, std::size_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

/// Two users of the same stacks: one as the product is, which walks only what it does not recognise, and one that walks
/// always, so that every walk follows the one before.
struct Trial {
  OwnMemory product, walker;
  Meanings meanings;
  std::size_t depth;
  std::size_t compared = 0, recognised = 0, truncated = 0;
  std::string complaint;  ///< empty: all agree

  explicit Trial(std::size_t most_frames) : depth{most_frames} {
    product.memory->forget();  // another trial's records, of another depth
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
    const Stack stack = capture(memory, caller, depth);
    if (!std::equal(stack.pcs.begin(), stack.pcs.end(), wanted.begin(), wanted.end()) || stack.truncated != is_cut ||
        stack.incomplete)
      complain(who, stack.pcs, wanted);
    memory.remember(caller, meanings.of(wanted));
  }

  void check(const Caller& caller, std::vector<std::uintptr_t> wanted) {
    const bool is_cut = wanted.size() > depth;
    if (is_cut) wanted.resize(depth), ++truncated;
    const std::uint32_t meaning = meanings.of(wanted);
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

Trial* g_trial = nullptr;
const Path* g_path = nullptr;
torture::Returns g_returns;

/// The end of every path.
[[gnu::noinline]] void leaf(Step*) {
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

void (*g_learning)(Step*) = nullptr;
[[gnu::noinline]] void learn(Step*) {
  g_returns[g_learning] = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
}
void learn_returns() {
  const auto one = [](void (*function)(Step*)) {
    Step steps[] = {{function, 0}, {learn, 0}};
    g_learning = function;
    function(steps);
  };
  for (const torture::Kind& kind : torture::kKinds) one(kind.run);
  one(torture::kBottom.run);
}

void run() {
  std::vector<Step> steps = g_path->steps(leaf);
  steps[0].run(steps.data());
}

ucontext_t g_main_context, g_fiber_context;
/// The same path on a stack that did not exist before and is gone afterwards, usually at the same address.
void run_on_new_stack() {
  constexpr std::size_t kBytes = 8 << 20;  // touched only as far as it is used
  void* stack = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(stack, MAP_FAILED);
  getcontext(&g_fiber_context);
  g_fiber_context.uc_stack.ss_sp = stack;
  g_fiber_context.uc_stack.ss_size = kBytes;
  g_fiber_context.uc_link = &g_main_context;
  makecontext(&g_fiber_context, run, 0);
  swapcontext(&g_main_context, &g_fiber_context);
  munmap(stack, kBytes);
}

/// Changes one path again and again, now and then going back to an earlier one.
void torture(Trial& trial, std::uint64_t seed, std::size_t captures, bool undescribed) {
  learn_returns();
  Random random{seed};
  std::vector<Path> earlier;
  for (int i = 0; i != 24; ++i) earlier.emplace_back(random, undescribed);
  Path path = earlier[0], previous = path;
  g_trial = &trial;
  g_path = &path;
  for (std::size_t i = 0; i != captures; ++i) {
    if (random.one_in(3)) {
      std::swap(path, previous);
    } else if (random.one_in(3)) {
      previous = path;
      if (random.one_in(3)) path = earlier[random.below(earlier.size())];
      else path.change(random);
    }
    if (random.one_in(25)) earlier[random.below(earlier.size())] = path;
    if (random.one_in(30)) run_on_new_stack();
    else run();
    ASSERT_EQ(trial.complaint, "") << "seed " << seed << ", capture " << i << ", depth " << trial.depth << ": "
                                   << path.describe();
  }
}

class Torture : public testing::TestWithParam<std::size_t> {
 protected:
  static void agrees(bool undescribed) {
    const std::size_t first = setting("WEIR_TORTURE_SEED", 1), seeds = setting("WEIR_TORTURE_SEEDS", 4);
    const std::size_t captures = setting("WEIR_TORTURE_CAPTURES", 10'000);
    for (std::size_t seed = first; seed != first + seeds; ++seed) {
      Trial trial{GetParam()};
      torture(trial, seed, captures, undescribed);
      if (HasFatalFailure()) return;
      EXPECT_EQ(trial.compared, captures);
      EXPECT_GT(trial.recognised, captures / 40);
      EXPECT_TRUE(undescribed || trial.truncated > 0);
    }
  }
};
TEST_P(Torture, AgreesOnRandomSequencesOfFrames) { agrees(false); }
TEST_P(Torture, AgreesWhereSomeCodeHasNoFrameInformation) { agrees(true); }
INSTANTIATE_TEST_SUITE_P(Depths, Torture, testing::Values(12, 48, kMaxDepth));

}  // namespace
}  // namespace weir::stack
