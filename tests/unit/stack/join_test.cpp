// What a walk that goes on from an earlier one, or a record of one, once got wrong: one test for each.
#include <gtest/gtest.h>

#include "torture_trial.hpp"

namespace weir::stack {
namespace {

using torture::Path, torture::place, torture::Place, torture::Trial;

/// Far enough from the frames of whatever runs between two paths for their words to stay where they are.
Path after_a_gap(std::vector<Place> places) {
  places.insert(places.begin(), place("compiled_huge"));
  return Path{std::move(places)};
}

/// Runs the paths in turn, each often enough to be remembered, and then in each other's wake.
std::string complaints(const std::vector<Path>& paths) {
  torture::learn_returns();
  Trial trial{kMaxDepth};
  torture::g_trial = &trial;
  std::vector<const Path*> turns;
  for (const Path& path : paths) turns.insert(turns.end(), 4, &path);
  for (int i = 0; i != 12; ++i)
    for (const Path& path : paths) turns.push_back(&path);
  for (const Path* path : turns) {  // all from one call site: they differ in their paths alone
    torture::g_path = path;
    torture::run();
  }
  EXPECT_GT(trial.recognised, 0U);
  return trial.complaint;
}

/// The young frames are the same and need no rbp. The next older one does, and what it needs was saved by them: it is
/// not what rbp was there in the stack before.
TEST(Join, ResumesWithThePresentFramePointer) {
  const auto with = [](const char* kind) {
    return after_a_gap({place("bare_32"), place("changes_rbp", 5), place(kind), place("saves_rbp"), place("bare_32"),
                 place("bare_48")});
  };
  EXPECT_EQ(complaints({with("bare_32"), with("frame_pointer"), with("saves_rbp_low"), with("points_rbp")}), "");
}
TEST(Join, ResumesWithAFramePointerThatYoungerFramesLeftAlone) {
  const auto with = [](std::uintptr_t room, const char* kind) {
    return after_a_gap({place("variable", 96 - room), place(kind), place("variable", room), place("bare_32"), place("bare_64")});
  };
  EXPECT_EQ(complaints({with(0, "bare_32"), with(32, "frame_pointer"), with(64, "bare_32"), with(96, "frame_pointer")}),
            "");
}

/// A frame's words still lie in the room that a younger, larger frame took over: only the younger one's rbp tells.
TEST(Join, TellsAStaleFrameByTheFramePointerOfTheFrameThatUsesIt) {
  for (const char* young : {"bare_32", "saves_rbp", "saves_rbp_low", "frame_pointer", "changes_rbp"}) {
    const Path with = after_a_gap({place("bare_48"), place("bare_32"), place("variable", 0), place(young), place("bare_32")});
    const Path without = after_a_gap({place("bare_48"), place("variable", 32), place(young), place("bare_32")});
    EXPECT_EQ(complaints({with, without}), "") << young;
  }
}
/// … and here only the register itself.
TEST(Join, TellsAStaleFrameByTheLiveFramePointer) {
  const Path with = after_a_gap({place("bare_48"), place("bare_32"), place("variable", 0)});
  const Path without = after_a_gap({place("bare_48"), place("variable", 32)});
  EXPECT_EQ(complaints({with, without}), "");
}

/// The gap that realignment leaves holds a frame of an earlier stack: only the CFA kept in the realigned frame tells.
TEST(Join, TellsAStaleFrameInTheGapOfARealignedOne) {
  for (const char* realigned : {"realigned_64", "realigned_128"}) {
    for (std::uintptr_t room = 0; room != 128; room += 16) {
      const Path with = after_a_gap({place("variable", room), place("bare_32"), place(realigned), place("bare_32"), place("bare_48")});
      const Path without = after_a_gap({place("variable", room), place(realigned), place("bare_32"), place("bare_48")});
      EXPECT_EQ(complaints({with, without}), "") << realigned << room;
    }
  }
}

/// A record of a deep stack is tried on a short one, near the end of all that can be read.
TEST(Join, ReadsNothingAboveTheEndOfAShortStack) {
  torture::learn_returns();
  Trial trial{kMaxDepth};
  torture::g_trial = &trial;
  constexpr std::size_t kHalf = 64 << 10;
  auto* stack = static_cast<char*>(torture::map_stack(2 * kHalf));
  ASSERT_NE(stack, MAP_FAILED);
  // The short one, on the lower half alone, has its youngest frames where the deep one has its own.
  std::vector<Place> deep{{&torture::kBottom}}, shortened = deep;
  constexpr std::size_t kDeep = 40, kShort = 4, kVariable = 16;
  deep.push_back(place("variable", kHalf - kVariable - 32 * (kDeep - kShort + 1)));
  deep.push_back(place("changes_rbp", 0));  // so that rbp does not tell them apart
  deep.insert(deep.end(), kDeep, place("bare_32"));
  shortened.insert(shortened.end(), kShort, place("bare_32"));
  const Path deep_path{deep}, short_path{shortened};
  for (int round = 0; round != 3; ++round) {
    torture::g_path = &deep_path;
    for (int i = 0; i != 5; ++i) torture::run_on(stack, 2 * kHalf);
    const std::size_t recognised = trial.recognised;
    torture::run_on(stack, 2 * kHalf);
    EXPECT_EQ(trial.recognised, recognised + 1);  // so that its record is the first to be tried
    ASSERT_EQ(mprotect(stack + kHalf, kHalf, PROT_NONE), 0);
    torture::g_path = &short_path;
    torture::run_on(stack, kHalf);
    ASSERT_EQ(mprotect(stack + kHalf, kHalf, PROT_READ | PROT_WRITE), 0);
  }
  EXPECT_EQ(trial.complaint, "");
  munmap(stack, 2 * kHalf);
}

}  // namespace
}  // namespace weir::stack
