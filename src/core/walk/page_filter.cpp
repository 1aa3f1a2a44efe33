#include "core/walk/page_filter.hpp"

#include <fcntl.h>

namespace weir::walk {
namespace {

// Documentation/admin-guide/mm/pagemap.rst of the kernel.
constexpr std::uint64_t kPresent = std::uint64_t{1} << 63, kSwapped = std::uint64_t{1} << 62;
constexpr std::uint64_t kOfFile = std::uint64_t{1} << 61;  ///< or shared

constexpr bool holds_own_data(std::uint64_t word) noexcept {
  return (word & (kPresent | kSwapped)) != 0 && (word & kOfFile) == 0;
}

}  // namespace

void PageFilter::begin() noexcept {
  file_ = platform::open_file("/proc/self/pagemap", O_RDONLY);
  known_ = 0;
}

bool PageFilter::is_written(std::uintptr_t page) noexcept {
  if (page - first_ >= known_) {
    const long bytes =
        platform::raw_syscall(SYS_pread64, file_.fd(), words_, sizeof(words_), page * sizeof(std::uint64_t));
    first_ = page;
    known_ = bytes > 0 ? static_cast<std::size_t>(bytes) / sizeof(std::uint64_t) : 0;
    if (known_ == 0) return true;  // it cannot say
  }
  return holds_own_data(words_[page - first_]);
}

bool PageFilter::next(std::uintptr_t& begin, std::uintptr_t end, std::uintptr_t& run_end) noexcept {
  if (begin >= end) return false;
  if (!works()) {
    run_end = end;
    return true;
  }
  std::uintptr_t page = begin / platform::kPageBytes;
  const std::uintptr_t last = end / platform::kPageBytes;
  while (page != last && !is_written(page)) ++page;
  begin = page * platform::kPageBytes;
  if (page == last) return false;
  while (page != last && is_written(page)) ++page;
  run_end = page * platform::kPageBytes;
  return true;
}

}  // namespace weir::walk
