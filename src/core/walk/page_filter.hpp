// Which pages of a mapping may hold a pointer: those that were written. A page of a file that was never written, and one that
// was never touched, hold none.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/platform/platform.hpp"

namespace weir::walk {

/// Over /proc/self/pagemap. Where that cannot be read, every page counts.
class PageFilter {
 public:
  /// Opens it for the process that asks; before that, and where it fails, every page counts.
  void begin() noexcept;
  [[nodiscard]] bool works() const noexcept { return file_.is_open(); }

  /// The next run of such pages in [begin, end), both multiples of a page; false: there is none.
  [[nodiscard]] bool next(std::uintptr_t& begin, std::uintptr_t end, std::uintptr_t& run_end) noexcept;

 private:
  static constexpr std::size_t kWords = 128;

  [[nodiscard]] bool is_written(std::uintptr_t page) noexcept;

  platform::File file_;
  std::uintptr_t first_ = 0;  ///< page number of words_[0]
  std::size_t known_ = 0;
  std::uint64_t words_[kWords];
};

}  // namespace weir::walk
