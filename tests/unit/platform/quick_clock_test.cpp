// The quick clock: it agrees with the kernel's, before it knows its scale and after.
#include "core/platform/quick_clock.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace weir::platform {
namespace {

TEST(QuickClock, AgreesWithTheKernels) {
  for (int i = 0; i != 20; ++i) {
    const std::uint64_t before = monotonic_ns(), quick = quick_ns(), after = monotonic_ns();
    // A thousandth of the time since the first look, and what lies between two reads.
    EXPECT_GE(quick + 100'000, before);
    EXPECT_LE(quick, after + 100'000);
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
}

TEST(QuickClock, MeasuresIntervals) {
  (void)quick_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds{5});
  (void)quick_ns();
  const std::uint64_t before = monotonic_ns(), first = quick_ns();
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  const std::uint64_t second = quick_ns(), after = monotonic_ns();
  EXPECT_GE(second - first, 19'000'000U);
  EXPECT_LE(second - first, (after - before) + (after - before) / 1000 + 1000);
}

}  // namespace
}  // namespace weir::platform
