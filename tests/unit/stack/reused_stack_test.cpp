// Threads that come and go on one stack: each finds the words of the ones before it, and takes over their memory.
#include <gtest/gtest.h>
#include <pthread.h>

#include <memory>

#include "torture_trial.hpp"

namespace weir::stack {
namespace {

using torture::Path, torture::Random, torture::Trial;

struct Work {
  Random random{7};
  std::vector<Path> paths;
  std::size_t compared = 0, recognised = 0, first_recognised = 0;
  std::string complaint;
};

/// A few of the paths, each changed a little now and then.
void* run_some(void* argument) {
  auto& work = *static_cast<Work*>(argument);
  Trial trial{kMaxDepth};
  torture::g_trial = &trial;
  for (int i = 0; i != 12 && trial.complaint.empty(); ++i) {
    Path& path = work.paths[work.random.below(work.paths.size())];
    if (work.random.one_in(6)) path.change(work.random);
    torture::g_path = &path;
    torture::run();
    if (i == 0) work.first_recognised += trial.recognised;
  }
  work.compared += trial.compared;
  work.recognised += trial.recognised;
  work.complaint = trial.complaint;
  return nullptr;
}

TEST(ReusedStack, NothingStaleIsTakenForTheThreadsOwn) {
  constexpr std::size_t kBytes = 1 << 20;
  constexpr int kThreads = 400;
  torture::learn_returns();
  auto work = std::make_unique<Work>();
  for (int i = 0; i != 6; ++i) work->paths.emplace_back(work->random, false);
  void* stack = torture::map_stack(kBytes);
  ASSERT_NE(stack, MAP_FAILED);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, stack, kBytes);
  for (int i = 0; i != kThreads; ++i) {
    pthread_t thread;
    ASSERT_EQ(pthread_create(&thread, &attributes, run_some, work.get()), 0);
    pthread_join(thread, nullptr);
    ASSERT_EQ(work->complaint, "") << "thread " << i;
  }
  EXPECT_EQ(work->compared, kThreads * 12U);
  EXPECT_GT(work->first_recognised, 0U);  // by what ended threads remembered
  pthread_attr_destroy(&attributes);
  munmap(stack, kBytes);
}

}  // namespace
}  // namespace weir::stack
