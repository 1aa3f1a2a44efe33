#include "core/cuda/table.hpp"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

using weir::cuda::Table;

namespace {

TEST(CudaTable, HoldsWhatAMapHolds) {
  Table<std::uint64_t> table;
  std::unordered_map<std::uint64_t, std::uint64_t> truth;
  std::mt19937_64 random{7};
  for (int step = 0; step != 200000; ++step) {
    const std::uint64_t key = (random() % 3000 + 1) << (random() % 3 * 12);  // with neighbours and collisions
    if (random() % 2 == 0) {
      *table.insert(key) = truth[key] = random();
    } else {
      table.erase(key);
      truth.erase(key);
    }
    const std::uint64_t* found = table.find(key);
    ASSERT_EQ(found != nullptr, truth.contains(key));
  }
  ASSERT_EQ(table.size(), truth.size());
  for (const auto& [key, value] : truth) {
    ASSERT_NE(table.find(key), nullptr) << key;
    EXPECT_EQ(*table.find(key), value);
  }
}

TEST(CudaTable, AnEmptyTableFindsNothing) {
  Table<int> table;
  EXPECT_EQ(table.find(1), nullptr);
  table.erase(1);
  EXPECT_EQ(table.insert(0), nullptr) << "0 is no key";
  EXPECT_EQ(table.find_if([](std::uint64_t, int) { return true; }), nullptr);
}

TEST(CudaTable, FindsByWhatAnEntryIs) {
  Table<int> table;
  for (int i = 1; i <= 500; ++i) *table.insert(static_cast<std::uint64_t>(i)) = i * i;
  const auto* entry = table.find_if([](std::uint64_t, int value) { return value == 144; });
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->key, 12U);
}

}  // namespace
