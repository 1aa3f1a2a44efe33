// Room for the profile on the disk, and which parts of it need some.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/platform/pages.hpp"

namespace weir::profile {

/// A soft limit of this process; RLIM_INFINITY where it cannot be asked.
[[nodiscard]] std::uint64_t limit_of(int resource) noexcept;

/// True if a file of `bytes` is within RLIMIT_FSIZE; beyond it the kernel would send SIGXFSZ to the program.
[[nodiscard]] bool size_is_allowed(std::uint64_t bytes) noexcept;

/// A part of the file that nothing is stored to before room is taken again.
struct Gap {
  std::uint64_t begin, end;
};

/// The pages of the directory that have no entry, if there are so many chunks.
[[nodiscard]] Gap unused_directory(std::uint64_t chunks, std::uint64_t max_chunks) noexcept;

/// Makes sure that the first `bytes` of the file have room on the disk, so that no later store can raise SIGBUS; in the gap
/// a filesystem that can leaves a hole. Nothing is written yet from `from` on. 0, or a negative errno value.
[[nodiscard]] int take_room(int fd, std::uint64_t from, std::uint64_t bytes, Gap gap) noexcept;

/// Writes [at, end) of what lies at `base` to the same place of the file. 0, or a negative errno value.
[[nodiscard]] int write_all(int fd, const std::byte* base, std::uint64_t at, std::uint64_t end) noexcept;

[[nodiscard]] bool is_zero_page(const std::byte* page) noexcept;

/// Calls see(begin, end) for each run of pages among the first `bytes` that hold anything, until it gives other than 0.
template <class See>
int each_filled_run(const std::byte* base, std::uint64_t bytes, Gap gap, See see) noexcept {
  const auto is_empty = [&](std::uint64_t at) {
    return (at >= gap.begin && at < gap.end) || is_zero_page(base + at);
  };
  int result = 0;
  for (std::uint64_t at = 0; at < bytes && result == 0;) {
    if (is_empty(at)) {
      at += platform::kPageBytes;
      continue;
    }
    std::uint64_t end = at + platform::kPageBytes;
    while (end < bytes && !is_empty(end)) end += platform::kPageBytes;
    result = see(at, end);
    at = end;
  }
  return result;
}

}  // namespace weir::profile
