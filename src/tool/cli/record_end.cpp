// Fields end, end_value and ended_ns of the header, and the room behind the last chunk, which a process that was killed, or that
// could not reach its file any more, has left.
#include "tool/cli/record_end.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>

#include "core/profile/format.hpp"

namespace weir::tool {
namespace {

template <class Field>
void put(int fd, std::size_t offset, const Field& field) {
  static_cast<void>(!pwrite(fd, &field, sizeof(field), static_cast<off_t>(offset)));
}

std::uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

void record_end(const std::string& path, const ChildEnd& end) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return;
  profile::Header header{};
  const bool ours = pread(fd, &header, sizeof(header), 0) == static_cast<ssize_t>(sizeof(header)) &&
                    header.magic == profile::kMagic && header.version == profile::kFormatVersion &&
                    header.pid == static_cast<std::uint32_t>(end.pid);
  if (ours) {
    if (header.ended_ns == 0)
      put(fd, offsetof(profile::Header, ended_ns), monotonic_ns() - header.started_monotonic_ns);
    put(fd, offsetof(profile::Header, end_value), std::int32_t{end.value});
    put(fd, offsetof(profile::Header, end), end.signalled ? profile::End::Signalled : profile::End::Exited);
    const std::uint64_t used = header.used_chunks * profile::kChunkBytes;
    struct stat status {};
    if (header.used_chunks != 0 && header.used_chunks <= header.max_chunks && fstat(fd, &status) == 0 &&
        static_cast<std::uint64_t>(status.st_size) > used)
      static_cast<void>(!ftruncate(fd, static_cast<off_t>(used)));
  }
  close(fd);
}

}  // namespace weir::tool
