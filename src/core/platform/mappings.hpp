// The kernel's list of this process's mappings, /proc/self/maps, a line at a time. No allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/platform/files.hpp"

namespace weir::platform {

struct Mapping {
  std::uintptr_t begin, end;
  std::uint64_t offset, device, inode;  ///< inode 0: of no file
  bool readable, writable, shared;
};

class Mappings {
 public:
  Mappings() noexcept;
  [[nodiscard]] bool is_open() const noexcept { return file_.is_open(); }

  /// The next one, in order of addresses, with its name, cut and terminated. False: there is none.
  [[nodiscard]] bool next(Mapping& mapping, std::span<char> name) noexcept;

 private:
  [[nodiscard]] int next_char() noexcept;
  /// A number up to and with the character that ends it, which is `ended_by_` then.
  [[nodiscard]] std::uint64_t number(unsigned base) noexcept;

  File file_;
  std::size_t at_ = 0, used_ = 0;
  int ended_by_ = 0;
  char read_[512];
};

}  // namespace weir::platform
