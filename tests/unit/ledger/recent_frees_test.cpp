// The memory of frees: exactly the last ones, and none whose key was handed out again.
#include "core/ledger/recent_frees.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace weir::ledger {
namespace {

Freed freed(std::uint32_t n) {
  return {.bytes = n * 10ULL, .allocated_site = n, .freed_site = n + 1, .space = profile::Space::Device};
}

TEST(RecentFrees, RemembersTheLastOnesOnly) {
  RecentFrees frees{};
  constexpr std::uint32_t kMany = 3 * RecentFrees::kRemembered;
  for (std::uint32_t n = 1; n <= kMany; ++n) frees.note({n * 256ULL, 0}, freed(n));
  for (std::uint32_t n = 1; n <= kMany; ++n) {
    const Freed* found = frees.find({n * 256ULL, 0});
    ASSERT_EQ(found != nullptr, n > kMany - RecentFrees::kRemembered) << n;
    if (found != nullptr) {
      ASSERT_EQ(found->allocated_site, n);
    }
  }
}

TEST(RecentFrees, ForgetsAKeyThatIsHandedOutAgain) {
  RecentFrees frees{};
  frees.note({64, 0}, freed(1));
  frees.note({64, 1}, freed(2));
  frees.forget({64, 0});
  EXPECT_EQ(frees.find({64, 0}), nullptr);
  ASSERT_NE(frees.find({64, 1}), nullptr) << "of another key space";
  EXPECT_EQ(frees.find({64, 1})->bytes, 20U);
}

TEST(RecentFrees, AgreeWithAListThroughAnyHistory) {
  RecentFrees frees{};
  std::mt19937_64 random{3};
  struct Entry {
    std::uint64_t key;
    std::uint32_t n;
  };
  std::deque<Entry> model;  // oldest first; key 0: forgotten, but its place is still taken
  for (std::uint32_t step = 1; step != 60'000; ++step) {
    const std::uint64_t key = 1 + random() % 9000;
    const auto old = std::find_if(model.begin(), model.end(), [&](const Entry& e) { return e.key == key; });
    const Freed* found = frees.find({key, 0});
    ASSERT_EQ(found != nullptr, old != model.end()) << step;
    if (found != nullptr) {
      ASSERT_EQ(found->allocated_site, old->n);
    }
    if (old != model.end()) old->key = 0;
    if (random() % 3 == 0) {
      frees.forget({key, 0});
      continue;
    }
    frees.note({key, 0}, freed(step));
    model.push_back({key, step});
    if (model.size() > RecentFrees::kRemembered) model.pop_front();
  }
}

}  // namespace
}  // namespace weir::ledger
