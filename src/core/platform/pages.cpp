#include "core/platform/pages.hpp"

#include <sys/mman.h>

#include <cstring>

#include "core/base/bits.hpp"
#include "core/platform/own_range.hpp"
#include "core/platform/raw.hpp"
#include "core/platform/rights.hpp"

namespace weir::platform {
namespace {

constexpr std::size_t kLargePage = 2U << 20;
constexpr int kPages = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
constexpr int kPopulateForWriting = 23;  // MADV_POPULATE_WRITE, since Linux 5.14

}  // namespace

void* map_pages(std::size_t bytes) noexcept {
  if (!may(Right::Map)) return nullptr;
  return map_own(bytes, kPageBytes, kPages);
}

void leave_out_of_dumps(void* base, std::size_t bytes) noexcept {
  if (may(Right::Advise)) raw_madvise(base, bytes, MADV_DONTDUMP);
}

void* reserve_pages(std::size_t bytes) noexcept {
  void* base = map_pages(bytes);
  if (base != nullptr) leave_out_of_dumps(base, bytes);
  return base;
}

void* map_table(std::size_t bytes) noexcept {
  if (!may(Right::Map)) return nullptr;
  if (bytes < kLargePage)
    return map_own(bytes, kPageBytes, kPages | (may(Right::Populate) ? MAP_POPULATE : 0));
  void* base = map_own(bytes, kLargePage, kPages);  // large pages lie at multiples of their size
  if (base == nullptr || !may(Right::Advise)) return base;
  // Advice: where the kernel does not take it, the pages come one by one.
  raw_madvise(base, align_up(bytes, kPageBytes), MADV_HUGEPAGE);
  raw_madvise(base, align_up(bytes, kPageBytes), kPopulateForWriting);
  return base;
}

void unmap(void* base, std::size_t bytes) noexcept {
  forget_own(base);
  if (may(Right::Map)) raw_munmap(base, bytes);
}

void zero_pages(void* base, std::size_t bytes) noexcept {
  auto* at = static_cast<std::byte*>(base);
  std::byte* end = at + bytes;
  std::byte* first = at + (align_up(address_of(at), kPageBytes) - address_of(at));
  std::byte* last = end - address_of(end) % kPageBytes;
  constexpr std::ptrdiff_t kWorthACall = 2 * kPageBytes;
  if (last - first < kWorthACall || !may(Right::GiveBack) ||
      raw_madvise(first, static_cast<std::size_t>(last - first), MADV_DONTNEED) != 0)  // locked in memory
    first = last = end;
  std::memset(at, 0, static_cast<std::size_t>(first - at));
  std::memset(last, 0, static_cast<std::size_t>(end - last));
}

void* map_wiped_on_fork(std::size_t bytes) noexcept {
  void* base = map_pages(bytes);
  if (base == nullptr) return nullptr;
  if (may(Right::Advise) && raw_madvise(base, bytes, MADV_WIPEONFORK) == 0) return base;
  unmap(base, bytes);
  return nullptr;
}

}  // namespace weir::platform
