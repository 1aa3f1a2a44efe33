// substr that cuts instead of throwing.
#include "core/base/slice.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Slice, AgreesWithSubstrWithinTheText) {
  constexpr std::string_view kText = "profile";
  for (std::size_t from = 0; from <= kText.size(); ++from)
    for (std::size_t bytes = 0; bytes <= kText.size() + 2; ++bytes)
      EXPECT_EQ(slice(kText, from, bytes), kText.substr(from, bytes)) << from << " " << bytes;
  EXPECT_EQ(slice(kText, 3), "file");
}

TEST(Slice, IsEmptyBeyondTheText) {
  EXPECT_TRUE(slice("abc", 4).empty());
  EXPECT_TRUE(slice("abc", ~std::size_t{0}, ~std::size_t{0}).empty());
  EXPECT_TRUE(slice({}, 0).empty());
  EXPECT_TRUE(slice({}, 1, 1).empty());
}

}  // namespace
}  // namespace weir
