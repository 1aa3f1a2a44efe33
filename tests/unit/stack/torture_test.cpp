// Random sequences of stacks made of every kind of frame; every capture is compared with libunwind's.
//
//   WEIR_TORTURE_SEED=N       begin with this seed instead of 1
//   WEIR_TORTURE_SEEDS=N      so many seeds
//   WEIR_TORTURE_CAPTURES=N   so many stacks for each
#include <gtest/gtest.h>

#include <cstdlib>

#include "torture_trial.hpp"

namespace weir::stack {
namespace {

using torture::Path, torture::Random, torture::Trial;

std::size_t setting(const char* name, std::size_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

/// On a stack that did not exist before and is gone afterwards, usually at the same address.
void run_on_new_stack() {
  constexpr std::size_t kBytes = 8 << 20;
  void* stack = torture::map_stack(kBytes);
  ASSERT_NE(stack, MAP_FAILED);
  torture::run_on(stack, kBytes);
  munmap(stack, kBytes);
}

/// Changes one path again and again, now and then going back to an earlier one.
void torture(Trial& trial, std::uint64_t seed, std::size_t captures, bool undescribed) {
  torture::learn_returns();
  Random random{seed};
  std::vector<Path> earlier;
  for (int i = 0; i != 24; ++i) earlier.emplace_back(random, undescribed);
  Path path = earlier[0], previous = path;
  torture::g_trial = &trial;
  torture::g_path = &path;
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
    else torture::run();
    ASSERT_EQ(trial.complaint, "") << "seed " << seed << ", capture " << i << ", depth " << trial.depth << ": "
                                   << path.describe();
  }
}

class Torture : public testing::TestWithParam<std::size_t> {
 protected:
  static void agrees(bool undescribed) {
    const std::size_t first = setting("WEIR_TORTURE_SEED", 1), seeds = setting("WEIR_TORTURE_SEEDS", 4);
    const std::size_t captures = setting("WEIR_TORTURE_CAPTURES", 10'000);
    std::size_t truncated = 0;
    for (std::size_t seed = first; seed != first + seeds; ++seed) {
      Trial trial{GetParam()};
      trial.forget();
      torture(trial, seed, captures, undescribed);
      trial.forget();
      if (HasFatalFailure()) return;
      EXPECT_EQ(trial.compared, captures);
      EXPECT_GT(trial.recognised, captures / 40);
      truncated += trial.truncated;
    }
    EXPECT_TRUE(undescribed || truncated > 0);
  }
};
TEST_P(Torture, AgreesOnRandomSequencesOfFrames) { agrees(false); }
TEST_P(Torture, AgreesWhereSomeCodeHasNoFrameInformation) { agrees(true); }
INSTANTIATE_TEST_SUITE_P(Depths, Torture, testing::Values(12, 48, kMaxDepth));

}  // namespace
}  // namespace weir::stack
