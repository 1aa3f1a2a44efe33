// Where weir's own mappings lie, for who leaves them out.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <thread>
#include <vector>

#include "core/base/bits.hpp"
#include "core/platform/own_range.hpp"
#include "core/platform/platform.hpp"

namespace weir::platform {
namespace {

constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS;

bool is_own(const void* at) {
  OwnRange range;
  for (std::size_t i = 0; own_mapping(i, range); ++i)
    if (address_of(at) >= range.begin && address_of(at) < range.end) return true;
  return false;
}

TEST(OwnRange, HoldsWhatIsMappedForWeirAndNothingElse) {
  int local = 0;
  void* made = map_own(100000, 4096, kFlags);
  ASSERT_NE(made, nullptr);
  EXPECT_TRUE(is_own(made));
  EXPECT_TRUE(is_own(static_cast<char*>(made) + 99999));
  EXPECT_FALSE(is_own(&local));
  void* other = mmap(nullptr, 4096, PROT_READ, kFlags, -1, 0);
  EXPECT_FALSE(is_own(other));
  munmap(other, 4096);
  forget_own(made);
  munmap(made, 100000);
}

TEST(OwnRange, HeedsAlignment) {
  for (const std::size_t align : {std::size_t{4096}, std::size_t{1} << 16, std::size_t{1} << 21}) {
    void* made = map_own(4096, align, kFlags);
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(address_of(made) % align, 0u) << align;
    forget_own(made);
    munmap(made, 4096);
  }
}

TEST(OwnRange, GivesEachThreadItsOwnPlace) {
  constexpr int kThreads = 4, kEach = 200;
  std::vector<std::vector<int*>> made(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t != kThreads; ++t)
    threads.emplace_back([t, &mine = made[t]] {
      for (int i = 0; i != kEach; ++i) {
        mine.push_back(static_cast<int*>(map_own(8192, 4096, kFlags)));
        *mine.back() = t * kEach + i;
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t != kThreads; ++t)
    for (int i = 0; i != kEach; ++i) {
      EXPECT_EQ(*made[t][i], t * kEach + i);
      EXPECT_TRUE(is_own(made[t][i]));
      forget_own(made[t][i]);
      munmap(made[t][i], 8192);
    }
}

}  // namespace
}  // namespace weir::platform
