#include "core/platform/machine.hpp"

#include <sys/syscall.h>
#include <sys/sysinfo.h>

#include "core/platform/files.hpp"
#include "core/platform/raw.hpp"

namespace weir::platform {

std::uint64_t machine_bytes() noexcept {
  struct sysinfo machine {};
  if (raw_syscall(SYS_sysinfo, &machine) != 0) return 0;
  std::uint64_t least = std::uint64_t{machine.totalram} * machine.mem_unit;
  // What a container sees as the root of all groups is its own.
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
    if (const std::uint64_t limit = limit_in(path); limit < least) least = limit;
  return least;
}

std::uint64_t limit_in(const char* path) noexcept {
  constexpr std::uint64_t kNone = ~std::uint64_t{0};
  char text[32];
  const std::size_t count = read_file(path, text);
  std::uint64_t limit = 0;
  std::size_t digits = 0;
  for (; digits != count && text[digits] >= '0' && text[digits] <= '9'; ++digits)
    if (__builtin_mul_overflow(limit, 10U, &limit) ||
        __builtin_add_overflow(limit, static_cast<unsigned>(text[digits] - '0'), &limit))
      return kNone;
  return digits != 0 ? limit : kNone;
}

}  // namespace weir::platform
