// The tag at a block's end: it says what was written, and notices what the program did to it.
#include "core/host/tag.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "support/host_ready.hpp"

namespace weir::host {
namespace {

/// Room for a block, as aligned as jemalloc's are.
struct Room {
  std::vector<std::uint64_t> words;
  std::size_t bytes;
  explicit Room(std::size_t class_bytes) : words(class_bytes / 8), bytes{class_bytes} { test::begin_host(); }
  void* block() { return words.data(); }
  unsigned char* byte(std::size_t at) { return reinterpret_cast<unsigned char*>(words.data()) + at; }
  TagReading read() { return read_tag(block(), bytes); }
};

void expect_round_trip(Room& room, std::size_t requested, std::uint32_t site) {
  write_tag(room.block(), room.bytes, requested, site);
  const TagReading reading = room.read();
  ASSERT_EQ(reading.state, TagState::Live) << requested;
  ASSERT_EQ(reading.requested, requested);
  ASSERT_EQ(reading.site, site);
  ASSERT_GE(reading.usable, requested);
  ASSERT_LE(reading.usable, room.bytes - kTagBytes);
}

TEST(Tag, SaysWhatWasWrittenForEveryRequestThatFits) {
  for (const std::size_t class_bytes : {16UL, 32UL, 48UL, 160UL, 4096UL, 20480UL}) {
    Room room{class_bytes};
    for (std::size_t requested = 0; requested + kTagBytes <= class_bytes; ++requested)
      expect_round_trip(room, requested, static_cast<std::uint32_t>(requested * 7919) & kMaxSite);
  }
}

TEST(Tag, HoldsEverySiteNumber) {
  Room room{64};
  for (std::uint32_t bit = 0; bit != 24; ++bit) expect_round_trip(room, 40, 1U << bit);
  expect_round_trip(room, 40, 0);
  expect_round_trip(room, 40, kMaxSite);
}

TEST(Tag, PromisesTheWholeSlackButItsOwnWords) {
  Room room{8192};
  write_tag(room.block(), room.bytes, 8192 - 8 - 4094, 1);  // the longest slack that fits the tag
  EXPECT_EQ(room.read().usable, 8192U - 8);
  write_tag(room.block(), room.bytes, 8192 - 8 - 4095, 1);  // one more: the request stands before the tag
  EXPECT_EQ(room.read().usable, 8192U - 16);
  EXPECT_EQ(room.read().requested, 8192U - 8 - 4095);
}

TEST(Tag, LeavesEveryByteBeforeItAlone) {
  Room room{64};
  std::memset(room.block(), 0xab, 64);
  write_tag(room.block(), 64, 41, 9);
  for (std::size_t at = 0; at != 56; ++at) EXPECT_EQ(*room.byte(at), 0xab);
}

TEST(Tag, EveryChangedByteOfItIsNoticed) {
  for (const std::size_t requested : {56UL, 40UL, 9UL}) {
    for (std::size_t at = 56; at != 64; ++at) {
      for (int value = 0; value != 256; ++value) {
        Room room{64};
        write_tag(room.block(), 64, requested, 12345);
        if (*room.byte(at) == value) continue;
        *room.byte(at) = static_cast<unsigned char>(value);
        ASSERT_EQ(room.read().state, TagState::Wrong) << at << " " << value;
      }
    }
  }
}

TEST(Tag, AnOverrunOfAnyLengthIsNoticed) {
  for (const int fill : {0, 0xff, 0x78}) {
    for (std::size_t length = 1; length <= 8; ++length) {
      Room room{64};
      write_tag(room.block(), 64, 56, 77);
      unsigned char before[8];
      std::memcpy(before, room.byte(56), 8);
      std::memset(room.byte(56), fill, length);
      if (std::memcmp(before, room.byte(56), 8) == 0) continue;
      EXPECT_EQ(room.read().state, TagState::Wrong) << fill << " " << length;
    }
  }
}

TEST(Tag, ALongSlacksRequestThatCannotBeIsWrong) {
  Room room{16384};
  write_tag(room.block(), room.bytes, 100, 5);
  ASSERT_EQ(room.read().state, TagState::Live);
  room.words[room.words.size() - 2] = ~std::uint64_t{0};
  EXPECT_EQ(room.read().state, TagState::Wrong);
  room.words[room.words.size() - 2] = 16384 - 15;  // one more than the slack leaves room for
  EXPECT_EQ(room.read().state, TagState::Wrong);
}

TEST(Tag, OfARetiredBlockSaysFreedAndWhose) {
  for (const std::size_t requested : {56UL, 0UL}) {
    Room room{64};
    write_tag(room.block(), 64, requested, 4711);
    retire_tag(room.block(), 64, load_tag(room.block(), 64));
    EXPECT_EQ(room.read().state, TagState::Freed);
    EXPECT_EQ(room.read().site, 4711U);
  }
}

TEST(Tag, TakenAwayIsWrongAndPutBackIsLive) {
  Room room{64};
  write_tag(room.block(), 64, 30, 8);
  const TagReading reading = room.read();
  take_tag(room.block(), 64);
  EXPECT_EQ(room.read().state, TagState::Wrong);
  put_tag_back(room.block(), 64, reading);
  EXPECT_EQ(room.read().state, TagState::Live);
  EXPECT_EQ(room.read().requested, 30U);
}

TEST(Tag, CopiedToAnotherBlockIsWrong) {
  Room from{64}, to{64};
  write_tag(from.block(), 64, 30, 8);
  to.words = from.words;
  EXPECT_EQ(to.read().state, TagState::Wrong);
}

TEST(Tag, UntaggedContentIsWrong) {
  for (const int fill : {0, 1, 0x7f, 0xff}) {
    Room room{4096};
    std::memset(room.block(), fill, 4096);
    EXPECT_EQ(room.read().state, TagState::Wrong) << fill;
  }
}

}  // namespace
}  // namespace weir::host
