// Size classes as arithmetic, held against jemalloc's own answers.
#include "core/host/size_class.hpp"

#include <gtest/gtest.h>

#include "support/host_ready.hpp"

namespace weir::host {
namespace {

TEST(SizeClass, IsJemallocsForEverySizeUpToAMebibyte) {
  test::begin_host();
  for (std::size_t bytes = 9; bytes <= 1U << 20; ++bytes)
    ASSERT_EQ(size_class(bytes), weir_je_nallocx(bytes, 0)) << bytes;
}

TEST(SizeClass, IsJemallocsAroundEveryClassAbove) {
  test::begin_host();
  for (std::size_t bytes = (1U << 20) + 1; bytes < std::size_t{1} << 61; bytes = size_class(bytes) + 1) {
    for (const std::size_t each : {bytes, bytes + 1, bytes + 4096, size_class(bytes) - 1, size_class(bytes)})
      ASSERT_EQ(size_class(each), weir_je_nallocx(each, 0)) << each;
  }
}

TEST(SizeClass, OfAClassIsItself) {
  for (std::size_t bytes = 9; bytes < std::size_t{1} << 61; bytes = size_class(bytes) + 1)
    EXPECT_EQ(size_class(size_class(bytes)), size_class(bytes));
}

TEST(SizeClass, WhatABlockReallyHas) {
  test::begin_host();
  for (const std::size_t bytes : {9UL, 100UL, 4000UL, 16'000UL, 70'000UL, 3'000'000UL}) {
    void* block = weir_je_malloc(bytes);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(weir_je_sallocx(block, 0), size_class(bytes));
    weir_je_free(block);
  }
}

}  // namespace
}  // namespace weir::host
