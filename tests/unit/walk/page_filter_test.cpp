// Which pages of a mapping hold data of the process's own.
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/mman.h>

#include <utility>
#include <vector>

#include "core/base/bits.hpp"
#include "core/walk/page_filter.hpp"

namespace weir::walk {
namespace {

constexpr std::size_t kPage = platform::kPageBytes;
using Runs = std::vector<std::pair<std::size_t, std::size_t>>;

/// Runs of pages that count, by number within the mapping.
Runs runs_of(PageFilter& filter, const char* base, std::size_t pages) {
  Runs out;
  std::uintptr_t at = address_of(base), run_end;
  for (const std::uintptr_t end = at + pages * kPage; filter.next(at, end, run_end); at = run_end)
    out.emplace_back((at - address_of(base)) / kPage, (run_end - address_of(base)) / kPage);
  return out;
}

char* map(std::size_t pages, int flags, int file = -1) {
  return static_cast<char*>(mmap(nullptr, pages * kPage, PROT_READ | PROT_WRITE, flags, file, 0));
}

TEST(PageFilter, FindsWhatWasWrittenAndNothingElse) {
  constexpr std::size_t kPages = 700;  // more than are asked for at once
  char* base = map(kPages, MAP_PRIVATE | MAP_ANONYMOUS);
  madvise(base, kPages * kPage, MADV_NOHUGEPAGE);
  for (const std::size_t page : {0, 5, 6, 127, 128, 400, 699}) base[page * kPage + 100] = 1;
  PageFilter filter;
  filter.begin();
  if (!filter.works()) GTEST_SKIP() << "no /proc/self/pagemap here";
  EXPECT_EQ(runs_of(filter, base, kPages), (Runs{{0, 1}, {5, 7}, {127, 129}, {400, 401}, {699, 700}}));
  munmap(base, kPages * kPage);
}

TEST(PageFilter, PassesOverAPageThatWasOnlyRead) {
  FILE* file = tmpfile();
  const std::vector<char> text(4 * kPage, 'x');
  fwrite(text.data(), 1, text.size(), file);
  fflush(file);
  char* base = map(4, MAP_PRIVATE, fileno(file));
  volatile char sum = 0;
  for (std::size_t i = 0; i != 4; ++i) sum = sum + base[i * kPage];
  base[2 * kPage] = 'y';
  PageFilter filter;
  filter.begin();
  if (!filter.works()) GTEST_SKIP() << "no /proc/self/pagemap here";
  EXPECT_EQ(runs_of(filter, base, 4), (Runs{{2, 3}}));
  munmap(base, 4 * kPage);
  fclose(file);
}

TEST(PageFilter, CountsEveryPageBeforeItIsBegun) {
  char* base = map(8, MAP_PRIVATE | MAP_ANONYMOUS);
  PageFilter filter;
  EXPECT_EQ(runs_of(filter, base, 8), (Runs{{0, 8}}));
  EXPECT_EQ(runs_of(filter, base, 0), Runs{});
  munmap(base, 8 * kPage);
}

}  // namespace
}  // namespace weir::walk
