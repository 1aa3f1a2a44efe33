// Whose memory is it: jemalloc's range and its few mappings outside, and nobody else's.
#include "core/host/jemalloc_os.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdlib>
#include <vector>

#include "support/host_ready.hpp"

extern "C" void* weir_je_os_mmap(void* hint, std::size_t bytes, int access, int flags, int fd, off_t offset) noexcept;
extern "C" int weir_je_os_munmap(void* base, std::size_t bytes) noexcept;

namespace weir::host {
namespace {

constexpr std::size_t kPage = 4096;
char* at(void* base, std::size_t offset) { return static_cast<char*>(base) + offset; }

void* map_for_jemalloc(std::size_t bytes) {
  return weir_je_os_mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/// As when the home range is used up, or could not be had.
struct WithoutHome {
  HomeRange kept;
  WithoutHome() {
    test::begin_host();
    kept = g_home;
    g_home = {};
  }
  ~WithoutHome() { g_home = kept; }
};

TEST(IsOurs, EveryBlockOfJemallocs) {
  test::begin_host();
  for (const std::size_t bytes : {1UL, 100UL, 50'000UL, 5'000'000UL}) {
    void* block = weir_je_malloc(bytes);
    EXPECT_TRUE(is_ours(block));
    EXPECT_TRUE(is_ours(at(block, bytes - 1)));
    weir_je_free(block);
  }
}

TEST(IsOurs, NothingOfTheProgramsOwn) {
  test::begin_host();
  int on_stack = 0;
  static int in_data = 0;
  void* glibc = std::malloc(100);
  void* mapped = mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (const void* p : std::vector<const void*>{&on_stack, &in_data, glibc, mapped, nullptr, "text",
                                                reinterpret_cast<const void*>(~std::uintptr_t{0})})
    EXPECT_FALSE(is_ours(p)) << p;
  munmap(mapped, kPage);
  std::free(glibc);
}

TEST(Home, EndsAtItsLastByte) {
  test::begin_host();
  ASSERT_NE(g_home.bytes, 0U);
  EXPECT_FALSE(is_in_home(reinterpret_cast<const void*>(g_home.base - 1)));
  EXPECT_TRUE(is_in_home(reinterpret_cast<const void*>(g_home.base)));
  EXPECT_TRUE(is_in_home(reinterpret_cast<const void*>(g_home.base + g_home.bytes - 1)));
  EXPECT_FALSE(is_in_home(reinterpret_cast<const void*>(g_home.base + g_home.bytes)));
}

TEST(Home, MapsFromItAlignedAndTakesItsTopBack) {
  test::begin_host();
  void* huge = map_for_jemalloc(4U << 20);
  ASSERT_NE(huge, MAP_FAILED);
  EXPECT_TRUE(is_in_home(huge));
  EXPECT_EQ(address_of(huge) % (2U << 20), 0U);
  *at(huge, 100) = 1;
  EXPECT_EQ(weir_je_os_munmap(huge, 4U << 20), 0);
  EXPECT_TRUE(is_beyond_home(huge));
  EXPECT_EQ(map_for_jemalloc(4U << 20), huge);
  weir_je_os_munmap(huge, 4U << 20);
}

TEST(Outside, MappingsAreOursUntilTheyAreUnmapped) {
  const WithoutHome none;
  void* mapped = map_for_jemalloc(4 * kPage);
  ASSERT_NE(mapped, MAP_FAILED);
  EXPECT_TRUE(is_ours(mapped));
  EXPECT_TRUE(is_ours(at(mapped, 4 * kPage - 1)));
  EXPECT_EQ(weir_je_os_munmap(mapped, 4 * kPage), 0);
  EXPECT_FALSE(is_ours(mapped));
}

TEST(Outside, WhatRemainsOfATrimmedMappingIsOurs) {
  const WithoutHome none;
  void* mapped = map_for_jemalloc(10 * kPage);
  weir_je_os_munmap(mapped, 2 * kPage);                 // the lead
  weir_je_os_munmap(at(mapped, 8 * kPage), 2 * kPage);  // the trail
  weir_je_os_munmap(at(mapped, 4 * kPage), kPage);      // and a hole
  for (std::size_t page = 0; page != 10; ++page)
    EXPECT_EQ(is_ours(at(mapped, page * kPage)), page >= 2 && page < 8 && page != 4) << page;
  weir_je_os_munmap(at(mapped, 2 * kPage), 2 * kPage);
  weir_je_os_munmap(at(mapped, 5 * kPage), 3 * kPage);
  for (std::size_t page = 0; page != 10; ++page) EXPECT_FALSE(is_ours(at(mapped, page * kPage))) << page;
}

TEST(Outside, OneUnmappingMayCoverSeveralMappings) {
  const WithoutHome none;
  void* first = map_for_jemalloc(4 * kPage);
  void* second = map_for_jemalloc(4 * kPage);
  void* lower = first < second ? first : second;
  if (at(lower, 4 * kPage) != (first < second ? second : first)) GTEST_SKIP() << "they are not neighbours";
  weir_je_os_munmap(at(lower, kPage), 6 * kPage);
  for (std::size_t page = 0; page != 8; ++page)
    EXPECT_EQ(is_ours(at(lower, page * kPage)), page == 0 || page == 7) << page;
  EXPECT_FALSE(is_ours(&none));
  weir_je_os_munmap(lower, kPage);
  weir_je_os_munmap(at(lower, 7 * kPage), kPage);
}

TEST(Home, KeepsAPlaceForWhoeverIsThereAlready) {
  test::begin_host();
  void* probe = map_for_jemalloc(kPage);
  ASSERT_TRUE(is_in_home(probe));
  void* wanted = at(probe, kPage);
  void* other = mmap(wanted, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  ASSERT_EQ(other, wanted);
  *at(other, 0) = 'x';
  void* next = map_for_jemalloc(kPage);
  EXPECT_NE(next, other);
  EXPECT_TRUE(is_ours(next));
  EXPECT_EQ(*at(other, 0), 'x');
  munmap(other, kPage);
  weir_je_os_munmap(next, kPage);
  weir_je_os_munmap(probe, kPage);
}

TEST(Outside, MoreThanTheListHoldsAreRefused) {
  const WithoutHome none;
  std::vector<void*> mapped;
  while (mapped.size() != 10'000) {
    void* next = map_for_jemalloc(kPage);
    if (next == MAP_FAILED) break;
    mapped.push_back(next);
  }
  EXPECT_LT(mapped.size(), 10'000U);
  EXPECT_TRUE(is_ours(mapped.back()));
  for (void* each : mapped) weir_je_os_munmap(each, kPage);
  EXPECT_FALSE(is_ours(mapped.back()));
  void* again = map_for_jemalloc(kPage);
  EXPECT_NE(again, MAP_FAILED);
  weir_je_os_munmap(again, kPage);
}

}  // namespace
}  // namespace weir::host
