// The reader of .eh_frame's encodings, with nothing readable behind its last byte.
#include "core/stack/cursor.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "support/at_page_end.hpp"

namespace weir::stack {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Reading {
  test::AtPageEnd bytes;
  Cursor cursor;
  explicit Reading(const Bytes& content) : bytes{content}, cursor{bytes.begin(), bytes.end()} {}
};

std::uint64_t uleb(const Bytes& bytes) { return Reading{bytes}.cursor.uleb(); }
std::int64_t sleb(const Bytes& bytes) { return Reading{bytes}.cursor.sleb(); }

TEST(Cursor, ReadsFixedNumbersInOrder) {
  Reading reading{{1, 2, 3, 4, 5, 6, 7}};
  EXPECT_EQ(reading.cursor.fixed<std::uint8_t>(), 1U);
  EXPECT_EQ(reading.cursor.fixed<std::uint16_t>(), 0x0302U);
  EXPECT_EQ(reading.cursor.fixed<std::uint32_t>(), 0x07060504U);
  EXPECT_TRUE(reading.cursor.done());
  EXPECT_FALSE(reading.cursor.bad());
}

TEST(Cursor, IsBadAfterATruncatedNumberAndReadsZeros) {
  Reading reading{{1, 2, 3}};
  EXPECT_EQ(reading.cursor.fixed<std::uint32_t>(), 0U);
  EXPECT_TRUE(reading.cursor.bad());
  EXPECT_TRUE(reading.cursor.done());
  EXPECT_EQ(reading.cursor.fixed<std::uint8_t>(), 0U);
  EXPECT_EQ(reading.cursor.uleb(), 0U);
  EXPECT_EQ(reading.cursor.sleb(), 0);
  EXPECT_EQ(reading.cursor.pointer(0x00, 0), 0U);
}

TEST(Uleb, ReadsTheExamplesOfTheStandard) {
  EXPECT_EQ(uleb({2}), 2U);
  EXPECT_EQ(uleb({127}), 127U);
  EXPECT_EQ(uleb({0x80, 1}), 128U);
  EXPECT_EQ(uleb({0x81, 1}), 129U);
  EXPECT_EQ(uleb({0xb9, 0x64}), 12857U);
}

TEST(Sleb, ReadsTheExamplesOfTheStandard) {
  EXPECT_EQ(sleb({2}), 2);
  EXPECT_EQ(sleb({0x7e}), -2);
  EXPECT_EQ(sleb({0xff, 0}), 127);
  EXPECT_EQ(sleb({0x81, 0x7f}), -127);
  EXPECT_EQ(sleb({0x80, 1}), 128);
  EXPECT_EQ(sleb({0x80, 0x7f}), -128);
}

TEST(Leb, ReadsTheLargestNumbersAndIgnoresWhatIsBeyond) {
  EXPECT_EQ(uleb({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), ~std::uint64_t{0});
  EXPECT_EQ(sleb({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f}),
            std::numeric_limits<std::int64_t>::min());
  Bytes padded(20, 0x80);
  padded.push_back(0);
  EXPECT_EQ(uleb(padded), 0U);
  padded[0] = 0x85;
  EXPECT_EQ(sleb(padded), 5);
}

TEST(Leb, WithoutItsEndIsBad) {
  for (const std::size_t length : {0UL, 1UL, 9UL, 10UL, 40UL}) {
    Reading one{Bytes(length, 0xff)}, other{Bytes(length, 0xff)};
    (void)one.cursor.uleb();
    (void)other.cursor.sleb();
    EXPECT_TRUE(one.cursor.bad()) << length;
    EXPECT_TRUE(other.cursor.bad()) << length;
  }
}

TEST(Pointer, ReadsEveryFormat) {
  const Bytes ones(8, 0xff);
  EXPECT_EQ((Reading{ones}.cursor.pointer(0x00, 0)), ~std::uintptr_t{0});
  EXPECT_EQ((Reading{{0xb9, 0x64}}.cursor.pointer(0x01, 0)), 12857U);
  EXPECT_EQ((Reading{ones}.cursor.pointer(0x02, 0)), 0xffffU);
  EXPECT_EQ((Reading{ones}.cursor.pointer(0x03, 0)), 0xffff'ffffU);
  EXPECT_EQ((Reading{ones}.cursor.pointer(0x04, 0)), ~std::uintptr_t{0});
  EXPECT_EQ((Reading{{0x7e}}.cursor.pointer(0x09, 0)), ~std::uintptr_t{1});
  EXPECT_EQ((Reading{ones}.cursor.pointer(0x0a, 0)), ~std::uintptr_t{0});
  EXPECT_EQ((Reading{ones}.cursor.pointer(0x0b, 0)), ~std::uintptr_t{0});
  EXPECT_EQ((Reading{ones}.cursor.pointer(0x0c, 0)), ~std::uintptr_t{0});
}

TEST(Pointer, IsRelativeToItsPlaceOrToTheData) {
  Reading here{{0xfc, 0xff, 0xff, 0xff}};
  const auto place = reinterpret_cast<std::uintptr_t>(here.cursor.at());
  EXPECT_EQ(here.cursor.pointer(0x1b, 0), place - 4);
  EXPECT_EQ((Reading{{0x10, 0, 0, 0}}.cursor.pointer(0x3b, 0x5000)), 0x5010U);
  EXPECT_EQ((Reading{{0, 0, 0, 0}}.cursor.pointer(0x1b, 0)), 0U);  // none at all
}

TEST(Pointer, InAnUnknownEncodingIsBad) {
  for (const std::uint8_t how : Bytes{0x05, 0x0f, 0x23, 0x43, 0x53}) {
    Reading reading{Bytes(8, 1)};
    EXPECT_EQ(reading.cursor.pointer(how, 0), 0U);
    EXPECT_TRUE(reading.cursor.bad()) << int{how};
  }
}

TEST(Skip, StopsAtTheEnd) {
  Reading reading{{1, 2, 3}};
  reading.cursor.skip(2);
  EXPECT_EQ(reading.cursor.fixed<std::uint8_t>(), 3U);
  reading.cursor.skip(0);
  EXPECT_FALSE(reading.cursor.bad());
  reading.cursor.skip(~std::uint64_t{0});
  EXPECT_TRUE(reading.cursor.bad());
}

}  // namespace
}  // namespace weir::stack
