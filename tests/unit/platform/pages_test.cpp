// Pages from the kernel: zeroed, refused with null, and what a forked child sees of them.
#include "core/platform/pages.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include "support/in_child.hpp"

namespace weir::platform {
namespace {

constexpr std::size_t kBytes = 3 * kPageBytes;

bool is_zero(const char* from, std::size_t bytes) {
  for (std::size_t i = 0; i != bytes; ++i)
    if (from[i] != 0) return false;
  return true;
}

TEST(Pages, AreZeroedAndWritable) {
  auto* pages = static_cast<char*>(map_pages(kBytes));
  ASSERT_NE(pages, nullptr);
  EXPECT_TRUE(is_zero(pages, kBytes));
  std::memset(pages, 1, kBytes);
  unmap(pages, kBytes);
}

TEST(Pages, TooManyAreRefusedWithoutTouchingErrno) {
  errno = 17;
  EXPECT_EQ(map_pages(std::size_t{1} << 60), nullptr);
  EXPECT_EQ(map_wiped_on_fork(std::size_t{1} << 60), nullptr);
  EXPECT_EQ(errno, 17);
}

TEST(WipedOnFork, IsKeptByTheParentAndZeroInTheChild) {
  auto* wiped = static_cast<char*>(map_wiped_on_fork(kBytes));
  ASSERT_NE(wiped, nullptr);
  EXPECT_TRUE(is_zero(wiped, kBytes));
  std::memset(wiped, 1, kBytes);
  EXPECT_TRUE(test::holds_in_child([&] { return is_zero(wiped, kBytes); }));
  EXPECT_EQ(wiped[0], 1);
  EXPECT_EQ(wiped[kBytes - 1], 1);
  unmap(wiped, kBytes);
}

TEST(WipedOnFork, IsWipedAgainForTheGrandchild) {
  auto* wiped = static_cast<char*>(map_wiped_on_fork(kPageBytes));
  ASSERT_NE(wiped, nullptr);
  EXPECT_TRUE(test::holds_in_child([&] {
    wiped[0] = 2;
    return test::holds_in_child([&] { return wiped[0] == 0; });
  }));
  unmap(wiped, kPageBytes);
}

}  // namespace
}  // namespace weir::platform
