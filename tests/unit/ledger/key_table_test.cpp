// The table of live blocks against std::map: whatever is done in whatever order, both say the same.
#include "core/ledger/key_table.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <thread>
#include <atomic>

#include <map>
#include <random>
#include <set>
#include <utility>

namespace weir::ledger {
namespace {

using Model = std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t>;

template <class Table>
Model contents(const Table& table) {
  Model out;
  table.each([&](const Key& key, std::uint64_t value) {
    EXPECT_TRUE(out.emplace(std::pair{key.space, key.key}, value).second) << "seen twice: " << key.key;
  });
  return out;
}

TEST(KeyTable, AllZeroIsEmpty) {
  KeyTable<std::uint64_t, 1024> table{};
  EXPECT_EQ(table.find({0, 0}), nullptr);
  EXPECT_FALSE(table.erase({0, 0}));
  EXPECT_EQ(table.own_bytes(), 0U);
  table.erase_if([](const Key&, std::uint64_t) { return true; });
  table.clear();
  EXPECT_TRUE(contents(table).empty());
}

TEST(KeyTable, AgreesWithAMapThroughAnyHistory) {
  std::mt19937_64 random{7};
  KeyTable<std::uint64_t, 1 << 14> table{};
  Model model;
  for (int step = 0; step != 200'000; ++step) {
    // Few keys, aligned as the driver's are, so that every operation often meets a key that is there.
    const Key key{(random() % 3000) * 512, static_cast<std::uint32_t>(random() % 3)};
    const std::pair name{key.space, key.key};
    const auto known = model.find(name);
    std::uint64_t* found = table.find(key);
    ASSERT_EQ(found != nullptr, known != model.end());
    if (found != nullptr) {
      ASSERT_EQ(*found, known->second);
    }
    // The table fills and empties in turns.
    const bool grows = step / 20'000 % 2 == 0 ? random() % 4 != 0 : random() % 4 == 0;
    if (grows && found == nullptr) {
      ASSERT_TRUE(table.insert(key, static_cast<std::uint64_t>(step)));
      model[name] = static_cast<std::uint64_t>(step);
    } else if (!grows) {
      ASSERT_EQ(table.erase(key), model.erase(name) == 1);
    }
    ASSERT_EQ(table.size(), model.size());
  }
  EXPECT_EQ(contents(table), model);
}

TEST(KeyTable, ErasesByProperty) {
  std::mt19937_64 random{11};
  for (int trial = 0; trial != 300; ++trial) {
    KeyTable<std::uint64_t, 1 << 10> table{};
    Model model;
    const std::uint64_t entries = random() % 700;
    while (model.size() != entries) {
      const std::uint64_t key = random() % 5000;
      if (!model.emplace(std::pair{0U, key}, key % 7).second) continue;
      ASSERT_TRUE(table.insert({key, 0}, key % 7));
    }
    const std::uint64_t wanted = random() % 7;
    std::multiset<std::uint64_t> erased;
    table.erase_if([&](const Key& key, std::uint64_t value) {
      if (value > wanted) return false;
      erased.insert(key.key);
      return true;
    });
    std::multiset<std::uint64_t> expected;
    std::erase_if(model, [&](const auto& entry) {
      if (entry.second > wanted) return false;
      expected.insert(entry.first.second);
      return true;
    });
    ASSERT_EQ(erased, expected) << "each once";
    ASSERT_EQ(contents(table), model);
    for (const auto& [name, value] : model) ASSERT_NE(table.find({name.second, 0}), nullptr);
  }
}

TEST(KeyTable, StopsAtItsBoundAndLosesNothing) {
  KeyTable<std::uint64_t, 1024> table{};
  std::uint64_t entered = 0;
  while (table.insert({entered * 4096, 1}, entered)) ++entered;
  EXPECT_EQ(entered, table.kMost);
  for (std::uint64_t n = 0; n != entered; ++n) ASSERT_EQ(*table.find({n * 4096, 1}), n);
  EXPECT_TRUE(table.erase({0, 1}));
  EXPECT_TRUE(table.insert({1, 1}, 1));
  EXPECT_FALSE(table.insert({2, 1}, 1));
}

TEST(KeyTable, StaysAsSmallAsItsMostEntries) {
  KeyTable<std::uint64_t, 1 << 14> table{};
  for (std::uint64_t n = 0; n != 100'000; ++n) {
    ASSERT_TRUE(table.insert({n, 0}, n));
    if (n >= 100) {
      ASSERT_TRUE(table.erase({n - 100, 0}));
    }
  }
  EXPECT_LE(table.own_bytes(), 20'000U);
}

TEST(KeyTable, CanBeUsedAgainAfterClear) {
  KeyTable<std::uint64_t, 1024> table{};
  ASSERT_TRUE(table.insert({1, 0}, 1));
  table.clear();
  EXPECT_EQ(table.find({1, 0}), nullptr);
  EXPECT_EQ(table.size(), 0U);
  ASSERT_TRUE(table.insert({1, 0}, 2));
  EXPECT_EQ(*table.find({1, 0}), 2U);
}

TEST(KeyTable, ItsSizeCanBeAskedWhileItGrows) {
  KeyTable<std::uint64_t, 1 << 16> table;
  std::atomic<bool> is_over{false};
  std::uint64_t most = 0;
  std::thread asks{[&] {
    while (!is_over) most = std::max(most, table.own_bytes());
  }};
  for (int round = 0; round != 300; ++round) {
    for (std::uint64_t key = 1; key != 2000; ++key) ASSERT_TRUE(table.insert({key, 0}, key));
    table.clear();
  }
  is_over = true;
  asks.join();
  EXPECT_EQ(table.own_bytes(), 0U);
  EXPECT_LE(most, 4096U * 48);
}

}  // namespace
}  // namespace weir::ledger
