// Pages from the kernel: zeroed, refused with null, and what a forked child sees of them.
#include "core/platform/pages.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

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

/// How many of the pages from `base` on are there, touched or not.
std::size_t pages_there(void* base, std::size_t bytes) {
  std::vector<unsigned char> there((bytes + kPageBytes - 1) / kPageBytes);
  EXPECT_EQ(mincore(base, bytes, there.data()), 0);
  return static_cast<std::size_t>(std::count_if(there.begin(), there.end(), [](unsigned char page) { return (page & 1) != 0; }));
}

bool kernel_can_populate() {
  void* page = map_pages(kPageBytes);
  const bool can = madvise(page, kPageBytes, 23) == 0;  // MADV_POPULATE_WRITE
  unmap(page, kPageBytes);
  return can;
}

TEST(Pages, OfATableAreThereAtOnceAndZeroed) {
  if (!kernel_can_populate()) GTEST_SKIP() << "Linux before 5.14";
  for (const std::size_t bytes : {kBytes, std::size_t{5} << 20, (std::size_t{4} << 20) + 16}) {
    auto* table = static_cast<char*>(map_table(bytes));
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(pages_there(table, bytes), (bytes + kPageBytes - 1) / kPageBytes);
    EXPECT_TRUE(is_zero(table, bytes));
    std::memset(table, 1, bytes);
    unmap(table, bytes);
    EXPECT_EQ(mincore(table, bytes, std::vector<unsigned char>(bytes / kPageBytes + 1).data()), -1);
  }
}

TEST(Pages, OfATableTakeNoOthers) {
  constexpr std::size_t kTable = (std::size_t{4} << 20) + 16;
  const auto mapped_bytes = [] {
    std::size_t bytes = 0;
    std::ifstream statm{"/proc/self/statm"};
    statm >> bytes;
    return bytes * kPageBytes;
  };
  (void)mapped_bytes();
  const std::size_t before = mapped_bytes();
  void* table = map_table(kTable);
  EXPECT_EQ(mapped_bytes() - before, (std::size_t{4} << 20) + kPageBytes);
  unmap(table, kTable);
  EXPECT_EQ(mapped_bytes(), before);
}

TEST(Pages, TooManyAreRefusedWithoutTouchingErrno) {
  errno = 17;
  EXPECT_EQ(map_pages(std::size_t{1} << 60), nullptr);
  EXPECT_EQ(map_table(std::size_t{1} << 60), nullptr);
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
