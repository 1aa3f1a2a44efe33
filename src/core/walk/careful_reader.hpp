// Reads memory of this process that may fault: a mapping of a device's, which a copy of the process may not have. The kernel
// reads it, and says so where it cannot.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/platform/platform.hpp"
#include "core/walk/array.hpp"

namespace weir::walk {

class CarefulReader {
 public:
  static constexpr std::size_t kWords = 8192;  ///< at most, at once
  /// That is some tenths of a second; what is beyond it stays unread.
  static constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;

  void begin() noexcept;
  [[nodiscard]] bool works() const noexcept { return file_.is_open(); }

  /// Whether so much may still be read.
  [[nodiscard]] bool may_read(std::uint64_t bytes) const noexcept { return bytes <= kMostBytes - read_; }
  /// A copy of what is at `at`, at most kWords; null: it cannot be read, at least not all of it. Good until the next call.
  [[nodiscard]] const std::uintptr_t* read(std::uintptr_t at, std::size_t words) noexcept;

 private:
  platform::File file_;
  Array<std::uintptr_t> words_;
  std::uint64_t read_ = 0;
};

}  // namespace weir::walk
