// Columns, cuts and wraps; numbers in words.
#include "tool/report/layout.hpp"

#include <gtest/gtest.h>

#include "tool/report/report.hpp"
#include "tool/report/words.hpp"

namespace weir::tool {
namespace {

TEST(Layout, CountsCharactersNotBytes) {
  EXPECT_EQ(columns("äöü"), 3U);
  EXPECT_EQ(columns(shorten("ääääääääääää", 7)), 7U);
}

TEST(Layout, ShortensInTheMiddle) {
  EXPECT_EQ(shorten("abcdefghijklmnop", 10), "abcd...nop");
  EXPECT_EQ(shorten("abc", 10), "abc");
}

TEST(Layout, WrapsAtBlanks) {
  EXPECT_EQ(wrap("one two three", 8), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap("unbreakable", 4), (std::vector<std::string>{"unbreakable"}));
}

TEST(Layout, NamesGiveWayInATableThatIsTooWide) {
  const Table table{{{"n"}, {"name", Table::Column::Align::Left}}, {{"1", std::string(300, 'x')}}};
  for (const std::string& line : lay_out(table, 60)) EXPECT_LE(columns(line), 60U);
}

TEST(Words, BytesAreRoundedAndCountsAreNot) {
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.00 KiB");
  EXPECT_EQ(human_bytes(1024 * 1024 - 1), "1.00 MiB");
  EXPECT_EQ(human_bytes(~0ULL), "16.0 EiB");
  EXPECT_EQ(exact(1234567), "1,234,567");
  EXPECT_EQ(exact(123), "123");
  EXPECT_EQ(counted(1, "block"), "1 block");
  EXPECT_EQ(percent(1, 1'000'000), "<0.1 %");
  EXPECT_EQ(percent(1, 0), "-");
}

TEST(Words, TheHeadlineIsTheProgramsOwnFrame) {
  const auto frame = [](const char* function, const char* module) {
    Frame out;
    out.function = function;
    out.module = module;
    return out;
  };
  const std::vector<Frame> stack{
      frame("operator new(unsigned long)", "/lib/libstdc++.so.6"),
      frame("std::__new_allocator<char>::allocate(unsigned long, void const*)", "/app"),
      frame("void std::vector<int>::_M_realloc_insert<int>(int*, int&&)", "/app"),
      frame("app::load(std::string const&)", "/app"), frame("main", "/app")};
  EXPECT_EQ(headline(stack)->function, "app::load(std::string const&)");
  EXPECT_EQ(headline({stack[0]})->function, stack[0].function);
  EXPECT_EQ(headline({}), nullptr);
}

TEST(Words, PrintableKeepsUtf8AndNothingHarmful) {
  EXPECT_EQ(printable("grün"), "grün");
  EXPECT_EQ(printable("a\nb\x1b\x7f"), "a?b??");
  EXPECT_EQ(printable("\xc0\xaf\xed\xa0\x80\xff"), "??????");
  EXPECT_EQ(printable("\xe2\x80\xae"), "?");
}

}  // namespace
}  // namespace weir::tool
