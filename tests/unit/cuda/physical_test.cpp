// A piece of physical memory is freed by whoever lets go of it last.
#include "core/cuda/physical.hpp"

#include <gtest/gtest.h>

#include <vector>

using weir::cuda::PhysicalMemory;

namespace {

constexpr std::uint64_t kHandle = 11, kOther = 22, kPlace = 0x10000, kBytes = 0x1000;

/// Forgets the mappings in a range; the keys of blocks whose last hold went.
std::vector<std::uint64_t> unmap(PhysicalMemory& memory, std::uint64_t begin, std::uint64_t bytes) {
  std::vector<std::uint64_t> gone;
  std::uint64_t last_of = 0;
  while (memory.unmap_one(begin, begin + bytes, last_of))
    if (last_of != 0) gone.push_back(last_of);
  return gone;
}

TEST(PhysicalMemory, GoesWithItsHandle) {
  PhysicalMemory memory;
  EXPECT_EQ(memory.made(kHandle), kHandle);
  const auto released = memory.release(kHandle);
  EXPECT_TRUE(released.found);
  EXPECT_EQ(released.last_of, kHandle);
  EXPECT_FALSE(memory.release(kHandle).found) << "it is gone";
}

TEST(PhysicalMemory, AMappingOutlivesTheHandle) {
  PhysicalMemory memory;
  (void)memory.made(kHandle);
  memory.mapped(kPlace, kBytes, kHandle);
  EXPECT_EQ(memory.release(kHandle).last_of, 0U);
  EXPECT_EQ(unmap(memory, kPlace, kBytes), std::vector<std::uint64_t>{kHandle});
}

TEST(PhysicalMemory, AHandleOutlivesTheMapping) {
  PhysicalMemory memory;
  (void)memory.made(kHandle);
  memory.mapped(kPlace, kBytes, kHandle);
  memory.mapped(kPlace + kBytes, kBytes, kHandle);
  EXPECT_TRUE(unmap(memory, kPlace, 2 * kBytes).empty());
  EXPECT_EQ(memory.release(kHandle).last_of, kHandle);
}

TEST(PhysicalMemory, ARetainedHandleCountsAlsoUnderAnotherNumber) {
  PhysicalMemory memory;
  (void)memory.made(kHandle);
  memory.mapped(kPlace, kBytes, kHandle);
  memory.retained(kHandle, kPlace + 5);
  memory.retained(kOther, kPlace);
  EXPECT_EQ(memory.release(kHandle).last_of, 0U);
  EXPECT_EQ(memory.release(kHandle).last_of, 0U);
  EXPECT_TRUE(unmap(memory, kPlace, kBytes).empty());
  EXPECT_EQ(memory.release(kOther).last_of, kHandle);
}

TEST(PhysicalMemory, ARefusedReleaseChangesNothing) {
  PhysicalMemory memory;
  (void)memory.made(kHandle);
  const auto released = memory.release(kHandle);
  memory.hold_again(released);
  EXPECT_EQ(memory.release(kHandle).last_of, kHandle);
}

TEST(PhysicalMemory, AHandleGivenAnewIsAnotherBlock) {
  PhysicalMemory memory;
  const std::uint64_t first = memory.made(kHandle);
  memory.mapped(kPlace, kBytes, kHandle);
  (void)memory.release(kHandle);
  const std::uint64_t second = memory.made(kHandle);
  EXPECT_NE(first, second);
  EXPECT_EQ(memory.release(kHandle).last_of, second);
  EXPECT_EQ(unmap(memory, kPlace, kBytes), std::vector<std::uint64_t>{first});
}

TEST(PhysicalMemory, UnmappingTakesOnlyWhatLiesInTheRange) {
  PhysicalMemory memory;
  (void)memory.made(kHandle);
  (void)memory.made(kOther);
  memory.mapped(kPlace, kBytes, kHandle);
  memory.mapped(kPlace + kBytes, kBytes, kOther);
  (void)memory.release(kHandle);
  (void)memory.release(kOther);
  EXPECT_EQ(unmap(memory, kPlace + kBytes, kBytes), std::vector<std::uint64_t>{kOther});
  EXPECT_EQ(unmap(memory, kPlace - kBytes, 4 * kBytes), std::vector<std::uint64_t>{kHandle});
}

}  // namespace
