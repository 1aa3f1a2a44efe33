// Memory files: what they say of themselves and who accepts them.
#include "memory/shared_memory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace {

using simcuda::memory::SharedMemory;
using Kind = SharedMemory::Kind;

TEST(SharedMemory, TheLabelTravelsWithTheDescriptor) {
  const char note[] = "what it is";
  SharedMemory made = SharedMemory::create(Kind::Allocation, 10000, note, sizeof note);
  ASSERT_TRUE(made);
  SharedMemory taken = SharedMemory::adopt(made.descriptor(), Kind::Allocation);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken.bytes(), 10000U);
  EXPECT_EQ(taken.label().serial, made.label().serial);
  EXPECT_STREQ(reinterpret_cast<const char*>(taken.label().payload), note);
}

TEST(SharedMemory, AnotherKindOfFileIsRefused) {
  SharedMemory made = SharedMemory::create(Kind::Allocation, 4096);
  EXPECT_FALSE(SharedMemory::adopt(made.descriptor(), Kind::Pool));
  int plain = memfd_create("plain", MFD_CLOEXEC);
  EXPECT_FALSE(SharedMemory::adopt(plain, Kind::Allocation)) << "empty";
  ASSERT_EQ(ftruncate(plain, 8192), 0);
  EXPECT_FALSE(SharedMemory::adopt(plain, Kind::Allocation)) << "zeros";
  close(plain);
  EXPECT_FALSE(SharedMemory::adopt(-1, Kind::Allocation));
  EXPECT_FALSE(SharedMemory::adopt(0x7fff, Kind::Allocation));
}

TEST(SharedMemory, AProcessAndASerialFindItAndAReusedNumberDoesNot) {
  SharedMemory made = SharedMemory::create(Kind::Segment, 4096);
  auto serial = made.label().serial;
  int number = made.descriptor();
  EXPECT_TRUE(SharedMemory::open_of_process(getpid(), number, serial, Kind::Segment));
  EXPECT_FALSE(SharedMemory::open_of_process(getpid(), number, serial + 1, Kind::Segment));
  { SharedMemory gone = std::move(made); }
  EXPECT_FALSE(SharedMemory::open_of_process(getpid(), number, serial, Kind::Segment));
}

TEST(SharedMemory, DescriptorsAreClosedOnExec) {
  SharedMemory made = SharedMemory::create(Kind::Segment, 4096);
  EXPECT_NE(fcntl(made.descriptor(), F_GETFD) & FD_CLOEXEC, 0);
  int copy = made.duplicate();
  EXPECT_NE(fcntl(copy, F_GETFD) & FD_CLOEXEC, 0);
  close(copy);
}

}  // namespace
