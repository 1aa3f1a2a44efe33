#include "core/platform/pages.hpp"

#include <sys/mman.h>

#include <cstring>

#include "core/base/bits.hpp"
#include "core/platform/raw.hpp"
#include "core/platform/rights.hpp"

namespace weir::platform {
namespace {

constexpr std::size_t kLargePage = 2U << 20;
constexpr int kPopulateForWriting = 23;  // MADV_POPULATE_WRITE, since Linux 5.14

}  // namespace

void* map_pages(std::size_t bytes) noexcept {
  if (!may(Right::Map)) return nullptr;
  return raw_mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
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
    return raw_mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (may(Right::Populate) ? MAP_POPULATE : 0),
                    -1, 0);
  // Large pages lie at multiples of their size.
  const std::size_t whole = align_up(bytes, kPageBytes);
  auto* base = static_cast<std::byte*>(map_pages(whole + kLargePage));
  if (base == nullptr) return nullptr;
  const std::size_t before = align_up(address_of(base), kLargePage) - address_of(base);
  if (before != 0) raw_munmap(base, before);
  raw_munmap(base + before + whole, kLargePage - before);
  // Advice: where the kernel does not take it, the pages come one by one.
  if (!may(Right::Advise)) return base + before;
  raw_madvise(base + before, whole, MADV_HUGEPAGE);
  raw_madvise(base + before, whole, kPopulateForWriting);
  return base + before;
}

void unmap(void* base, std::size_t bytes) noexcept {
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
  raw_munmap(base, bytes);
  return nullptr;
}

}  // namespace weir::platform
