// Text in the caller's bytes: what fits is there, what does not is cut and said to be.
#include "core/base/text.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <string>

namespace weir {
namespace {

TEST(TextBuffer, JoinsTextAndNumbers) {
  char room[64];
  TextBuffer text{room};
  text << "pid " << std::uint64_t{0} << ", " << -17 << ", " << 23;
  EXPECT_EQ(text.view(), "pid 0, -17, 23");
  EXPECT_FALSE(text.cut());
}

TEST(TextBuffer, WritesTheExtremesOfItsNumbers) {
  char room[64];
  TextBuffer text{room};
  text << std::numeric_limits<std::uint64_t>::max() << " " << std::numeric_limits<int>::min() << " "
       << std::numeric_limits<int>::max();
  EXPECT_EQ(text.view(), "18446744073709551615 -2147483648 2147483647");
}

TEST(TextBuffer, CutsAtItsEndAndNeverWritesBeyond) {
  for (std::size_t size = 0; size != 12; ++size) {
    char room[16];
    std::memset(room, '#', sizeof(room));
    TextBuffer text{std::span{room}.first(size)};
    text << "abc" << 12345 << "defg";
    EXPECT_EQ(text.view(), std::string_view{"abc12345defg"}.substr(0, size));
    EXPECT_TRUE(text.cut());
    EXPECT_EQ(std::string(room + size, sizeof(room) - size), std::string(sizeof(room) - size, '#'));
  }
}

TEST(TextBuffer, FullToTheLastByteIsNotCut) {
  char room[3];
  TextBuffer text{room};
  text << "abc";
  EXPECT_FALSE(text.cut());
  EXPECT_EQ(text.view(), "abc");
}

TEST(TextBuffer, AsCStringGivesUpItsLastByteOnlyWhenFull) {
  char room[4];
  TextBuffer text{room};
  text << "abc";
  EXPECT_STREQ(text.c_str(), "abc");
  EXPECT_FALSE(text.cut());
  text << "d";
  EXPECT_STREQ(text.c_str(), "abc");
  EXPECT_TRUE(text.cut());
}

TEST(CopyText, FillsTheFieldAndLeavesTheRest) {
  char field[8]{};
  EXPECT_EQ(copy_text(field, "abc"), 3U);
  EXPECT_EQ(std::string(field, 8), std::string("abc\0\0\0\0\0", 8));
  EXPECT_EQ(copy_text(field, "0123456789"), 8U);
  EXPECT_EQ(std::string(field, 8), "01234567");
  EXPECT_EQ(copy_text({}, "x"), 0U);
}

}  // namespace
}  // namespace weir
