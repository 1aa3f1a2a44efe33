#include "core/profile/room.hpp"

#include <errno.h>
#include <sys/resource.h>

#include <cstring>

#include "core/base/bits.hpp"
#include "core/platform/platform.hpp"
#include "core/profile/format.hpp"

namespace weir::profile {

std::uint64_t limit_of(int resource) noexcept {
  struct rlimit limit {};
  if (platform::raw_syscall(SYS_prlimit64, 0, resource, nullptr, &limit) != 0) return RLIM_INFINITY;
  return limit.rlim_cur;
}

bool size_is_allowed(std::uint64_t bytes) noexcept { return bytes <= limit_of(RLIMIT_FSIZE); }

int take_room(int fd, std::uint64_t from, std::uint64_t bytes, Gap gap) noexcept {
  if (!size_is_allowed(bytes)) return -EFBIG;
  long done = 0;
  if (gap.begin != 0) done = platform::raw_syscall(SYS_fallocate, fd, 0, 0L, gap.begin);
  if (done == 0) done = platform::raw_syscall(SYS_fallocate, fd, 0, gap.end, bytes - gap.end);
  if (done != -EOPNOTSUPP && done != -ENOSYS) return static_cast<int>(done);
  // A filesystem without fallocate.
  static constexpr char kZeros[4096]{};
  for (std::uint64_t at = from; at < bytes;) {
    const std::uint64_t piece = bytes - at < sizeof(kZeros) ? bytes - at : sizeof(kZeros);
    const long written = platform::raw_syscall(SYS_pwrite64, fd, kZeros, piece, at);
    if (written <= 0) return written == 0 ? -ENOSPC : static_cast<int>(written);
    at += static_cast<std::uint64_t>(written);
  }
  return 0;
}

int write_all(int fd, const std::byte* base, std::uint64_t at, std::uint64_t end) noexcept {
  while (at != end) {
    const long written = platform::raw_syscall(SYS_pwrite64, fd, base + at, end - at, at);
    if (written == -EINTR) continue;
    if (written <= 0) return written == 0 ? -ENOSPC : static_cast<int>(written);
    at += static_cast<std::uint64_t>(written);
  }
  return 0;
}

bool is_zero_page(const std::byte* page) noexcept {
  std::uint64_t any = 0;
  for (std::size_t i = 0; i != platform::kPageBytes && any == 0; i += 64) {
    std::uint64_t words[8];
    std::memcpy(words, page + i, sizeof(words));
    for (const std::uint64_t word : words) any |= word;
  }
  return any == 0;
}

Gap unused_directory(std::uint64_t chunks, std::uint64_t max_chunks) noexcept {
  const std::uint64_t used = align_up(kChunkBytes + chunks * sizeof(ChunkEntry), platform::kPageBytes);
  const std::uint64_t end = kChunkBytes * (1 + divide_up(max_chunks * sizeof(ChunkEntry), kChunkBytes));
  return {used, end > used ? end : used};
}

}  // namespace weir::profile
