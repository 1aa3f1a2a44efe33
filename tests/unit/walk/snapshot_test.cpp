// A copy of the process that nobody notices, and the verdict made in it.
#include <errno.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/walk/walk.hpp"
#include "tests/unit/walk/tagged_blocks.hpp"

namespace weir::walk {
namespace {

using test::TaggedBlocks;

int* shared_number() {
  return static_cast<int*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

TEST(Snapshot, TellsThroughSharedMemoryAndChangesNothingElse) {
  static int mine = 1;
  static int* shared = shared_number();
  EXPECT_EQ(in_snapshot([](void*) noexcept { mine = 2, *shared = 3; }, nullptr, 5000), Snapshot::Done);
  EXPECT_EQ(mine, 1);
  EXPECT_EQ(*shared, 3);
}

TEST(Snapshot, LeavesNoChildAndNoSignalToTheProgram) {
  static volatile sig_atomic_t heard = 0;
  struct sigaction before, counting{};
  counting.sa_handler = [](int) { heard = 1; };
  sigaction(SIGCHLD, &counting, &before);
  EXPECT_EQ(in_snapshot([](void*) noexcept {}, nullptr, 5000), Snapshot::Done);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
  sigaction(SIGCHLD, &before, nullptr);
  EXPECT_EQ(heard, 0);
}

TEST(Snapshot, AFaultInItIsAFailureOfIt) {
  EXPECT_EQ(in_snapshot([](void* nowhere) noexcept { *static_cast<volatile int*>(nowhere) = 1; }, nullptr, 5000), Snapshot::Failed);
}

TEST(Snapshot, EndsWhenItTakesTooLong) {
  EXPECT_EQ(in_snapshot([](void*) noexcept { for (;;) platform::raw_syscall(SYS_sched_yield); }, nullptr, 50),
            Snapshot::Failed);
}

struct Look {
  bool built = false;
  std::uint64_t blocks = 0;
  SiteVerdict sites[3000];
};

void look(void* out) noexcept {
  auto& to = *static_cast<Look*>(out);
  Heap heap;
  Marker marker{heap};
  Holes holes;
  if (!heap.build() || !marker.begin() || !holes.begin()) return;
  add_own_holes(holes);
  holes.sort();
  Verdicts verdicts{.heap = {}, .sites = 3000, .of_site = to.sites};
  to.built = scan_roots(marker, holes, verdicts.heap.roots);
  marker.classify();
  sum_up(heap, verdicts);
  to.blocks = verdicts.heap.blocks;
}

Look* shared_look() {
  return new (mmap(nullptr, sizeof(Look), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Look;
}

void* volatile g_kept;

[[gnu::noinline]] void hide(TaggedBlocks& blocks, std::uint32_t kept, std::uint32_t lost) {
  g_kept = blocks.make(500, 0, kept);
  blocks.make(700, 0, lost);
  // Not to be found on the stack or in a register by chance.
  volatile char clean[4096];
  for (volatile char& c : clean) c = 0;
}

TEST(Verdict, OfTheWholeProcess) {
  TaggedBlocks& blocks = *new TaggedBlocks;  // its list would be a root, but for the ordinary allocator's being one, too
  static_cast<void>(blocks);
  hide(blocks, 2001, 2002);
  Look* seen = shared_look();
  ASSERT_EQ(in_snapshot(look, seen, 20'000), Snapshot::Done);
  ASSERT_TRUE(seen->built);
  EXPECT_EQ(seen->sites[2001].reachable_blocks, 1U);
  EXPECT_EQ(seen->sites[2001].reachable_bytes, 500U);
}

TEST(Verdict, BlocksAreCountedRightWhileThreadsAllocate) {
  weir::test::begin_host();
  std::atomic<bool> stop{};
  std::vector<std::jthread> threads;
  constexpr std::uint32_t kSite = 2100;
  for (int t = 0; t != 3; ++t)
    threads.emplace_back([&] {
      while (!stop) {
        const host::Block block = host::allocate(1000);
        host::write_tag(block.at, block.class_bytes, 1000, 2200);
        host::retire_tag(block.at, block.class_bytes, host::load_tag(block.at, block.class_bytes));
        host::release(block.at, block.class_bytes);
      }
    });
  TaggedBlocks blocks;
  for (int i = 0; i != 500; ++i) blocks.make(i * 10, 0, kSite);
  Look* seen = shared_look();
  for (int i = 0; i != 20; ++i) {
    *seen = {};
    ASSERT_EQ(in_snapshot(look, seen, 20'000), Snapshot::Done);
    const SiteVerdict& of = seen->sites[kSite];
    EXPECT_EQ(of.reachable_blocks + of.lost_blocks + of.lost_too_blocks, 500U);
    EXPECT_LE(seen->sites[2200].reachable_blocks + seen->sites[2200].lost_blocks, 3U);
  }
  stop = true;
}

}  // namespace
}  // namespace weir::walk
