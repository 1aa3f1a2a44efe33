// The books of reserved addresses and mappings, without a driver.
#include "memory/reservations.hpp"

#include <gtest/gtest.h>

namespace {

using simcuda::memory::Reservations;

constexpr std::size_t kUnit = 2 << 20;
constexpr Reservations::Address kBase = 0x7000000000;

Reservations::Mapping mapping(std::size_t units, std::uint64_t allocation) {
  return {.bytes = units * kUnit, .offset = 0, .allocation = allocation, .access = {}};
}

struct ReservationsTest : ::testing::Test {
  Reservations books;
  void SetUp() override { books.add(kBase, 4 * kUnit); }
};

TEST_F(ReservationsTest, AMappingLiesInsideOneReservationAndIsAlone) {
  EXPECT_FALSE(books.map(kBase + 3 * kUnit, mapping(2, 1)));
  EXPECT_FALSE(books.map(kBase - kUnit, mapping(1, 1)));
  EXPECT_TRUE(books.map(kBase + kUnit, mapping(2, 1)));
  EXPECT_FALSE(books.map(kBase, mapping(2, 2)));
  EXPECT_FALSE(books.map(kBase + 2 * kUnit, mapping(1, 2)));
  EXPECT_TRUE(books.map(kBase, mapping(1, 2)));
  EXPECT_TRUE(books.map(kBase + 3 * kUnit, mapping(1, 2)));
}

TEST_F(ReservationsTest, ARangeIsMadeOfWholeMappingsWithoutAGap) {
  ASSERT_TRUE(books.map(kBase, mapping(1, 1)));
  ASSERT_TRUE(books.map(kBase + kUnit, mapping(2, 2)));
  EXPECT_EQ(books.whole_mappings(kBase, 3 * kUnit).size(), 2U);
  EXPECT_TRUE(books.whole_mappings(kBase, 2 * kUnit).empty());
  EXPECT_TRUE(books.whole_mappings(kBase + 2 * kUnit, kUnit).empty());
  EXPECT_TRUE(books.whole_mappings(kBase, 4 * kUnit).empty());
}

TEST_F(ReservationsTest, AReservationGoesOnlyAsAWholeAndUnmapped) {
  ASSERT_TRUE(books.map(kBase + 3 * kUnit, mapping(1, 1)));
  EXPECT_FALSE(books.remove(kBase, 4 * kUnit));
  books.unmap(kBase + 3 * kUnit);
  EXPECT_FALSE(books.remove(kBase, 2 * kUnit));
  EXPECT_FALSE(books.remove(kBase + kUnit, 3 * kUnit));
  EXPECT_TRUE(books.remove(kBase, 4 * kUnit));
  EXPECT_FALSE(books.remove(kBase, 4 * kUnit));
}

TEST_F(ReservationsTest, AnyAddressOfAMappingFindsIt) {
  ASSERT_TRUE(books.map(kBase + kUnit, mapping(1, 5)));
  EXPECT_EQ(books.mapping_at(kBase + kUnit).second->allocation, 5U);
  EXPECT_EQ(books.mapping_at(kBase + 2 * kUnit - 1).second->allocation, 5U);
  EXPECT_EQ(books.mapping_at(kBase + 2 * kUnit).second, nullptr);
  EXPECT_EQ(books.mapping_at(kBase).second, nullptr);
}

}  // namespace
