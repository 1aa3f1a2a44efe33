// The arithmetic of size classes: every edge of every bin, every size up to 2 MiB, and what is between them at random.
#include "core/pool/size_class.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "core/profile/format.hpp"

namespace weir::pool {
namespace {

static_assert(kBins == profile::kPoolClasses, "one class record for each bin");
static_assert(bin_of(1) == 0 && bin_of(512) == 0 && bin_of(513) == 1 && bin_of(576) == 1 && bin_of(577) == 2);
static_assert(bin_bytes(0) == 512 && bin_bytes(1) == 576 && bin_bytes(8) == 1024 && bin_bytes(9) == 1152);
static_assert(bin_of(kMostBytes + kMostBytes / 8) < kBins, "the last bin that a search for a large request looks at");
static_assert(class_bytes(Classes::Fine, 1) == 512 && class_bytes(Classes::Pow2, 513) == 1024);
static_assert(class_bytes(Classes::Fine, kLarge) == kLarge && class_bytes(Classes::Fine, kLarge + 1) == kLarge + kLargeStep);
static_assert(class_bytes(Classes::Pow2, kMostBytes) == kMostBytes && class_bytes(Classes::Fine, kMostBytes) == kMostBytes);

/// Sizes at which something could go wrong, in order.
std::vector<std::uint64_t> sizes() {
  std::vector<std::uint64_t> out;
  for (std::uint64_t bytes = 1; bytes <= 2U << 20; ++bytes) out.push_back(bytes);
  for (std::uint32_t bin = 0; bin != kBins; ++bin)
    for (const int by : {-1, 0, 1}) out.push_back(bin_bytes(bin) + static_cast<std::uint64_t>(by));
  for (std::uint64_t step = kLargeStep; step <= 1U << 30; step += kLargeStep)
    for (const int by : {-1, 0, 1}) out.push_back(step + static_cast<std::uint64_t>(by));
  std::mt19937_64 random{3};
  for (int i = 0; i != 200'000; ++i) out.push_back(random() >> (24 + random() % 40));
  std::erase_if(out, [](std::uint64_t bytes) { return bytes == 0 || bytes > kMostBytes; });
  std::sort(out.begin(), out.end());
  return out;
}

TEST(SizeClass, ABinHoldsWhatIsMoreThanTheOneBeforeHas) {
  for (std::uint32_t bin = 0; bin_bytes(bin) < kMostBytes; ++bin) {
    ASSERT_LT(bin, kBins - 1);
    ASSERT_EQ(bin_of(bin_bytes(bin)), bin);
    ASSERT_EQ(bin_of(bin_bytes(bin) + 1), bin + 1);
    ASSERT_LT(bin_bytes(bin), bin_bytes(bin + 1));
    ASSERT_LE(bin_bytes(bin + 1) * 8, bin_bytes(bin) * 9) << "eight steps to the doubling";
  }
}

TEST(SizeClass, EverySizeHasItsBin) {
  std::uint32_t before = 0;
  for (const std::uint64_t bytes : sizes()) {
    const std::uint32_t bin = bin_of(bytes);
    ASSERT_GE(bin, before) << bytes;
    ASSERT_LT(bin, kBins) << bytes;
    ASSERT_GE(bin_bytes(bin), bytes);
    if (bin != 0) {
      ASSERT_LT(bin_bytes(bin - 1), bytes);
    }
    before = bin;
  }
}

TEST(SizeClass, FineWastesAnEighthAtMost) {
  for (const std::uint64_t bytes : sizes()) {
    const std::uint64_t fresh = class_bytes(Classes::Fine, bytes);
    ASSERT_GE(fresh, bytes);
    ASSERT_EQ(class_bytes(Classes::Fine, fresh), fresh) << "a class is its own class";
    if (bytes <= kGranule) {
      ASSERT_EQ(fresh, kGranule);
    } else {
      ASSERT_LE((fresh - bytes) * 8, bytes) << bytes;
    }
    if (bytes <= kLarge) {
      ASSERT_EQ(fresh, bin_bytes(bin_of(bytes))) << "one size to the bin";
    } else {
      ASSERT_EQ(fresh % kLargeStep, 0U);
      ASSERT_LT(fresh - bytes, kLargeStep);
    }
  }
}

TEST(SizeClass, Pow2IsTheNextPowerOfTwo) {
  for (const std::uint64_t bytes : sizes()) {
    const std::uint64_t fresh = class_bytes(Classes::Pow2, bytes);
    ASSERT_TRUE(std::has_single_bit(fresh));
    ASSERT_GE(fresh, bytes);
    ASSERT_TRUE(fresh == kGranule || fresh / 2 < bytes);
    ASSERT_EQ(bin_bytes(bin_of(fresh)), fresh) << "one size to the bin";
    ASSERT_EQ(most_bytes_for(Classes::Pow2, bytes), fresh);
  }
}

TEST(SizeClass, AHitWastesAnEighthAtMost) {
  for (const std::uint64_t bytes : sizes()) {
    const std::uint64_t most = most_bytes_for(Classes::Fine, bytes);
    ASSERT_GE(most, class_bytes(Classes::Fine, bytes));
    ASSERT_LT(bin_of(most), kBins);
    if (bytes > kGranule) {
      ASSERT_LE((most - bytes) * 8, bytes);
    }
    if (bytes > kLarge) {
      ASSERT_LE(bin_of(most) - bin_of(bytes), 2U) << "no more than three bins are searched";
    }
  }
}

}  // namespace
}  // namespace weir::pool
