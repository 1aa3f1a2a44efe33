// From a path to bytes. The file is copied, not mapped: whoever writes or cuts it meanwhile cannot harm us.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tool/profile/profile.hpp"

namespace weir::tool {
namespace {

class File {
 public:
  explicit File(const std::string& path)
      : path_{path}, fd_{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)} {
    if (fd_ < 0) throw Error{fmt::format("cannot read {}: {}", path, std::strerror(errno))};
  }
  ~File() { close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] std::uint64_t bytes() const {
    struct stat status {};
    if (fstat(fd_, &status) != 0) throw Error{fmt::format("cannot read {}: {}", path_, std::strerror(errno))};
    if (S_ISDIR(status.st_mode)) throw Error{fmt::format("{} is a directory, not a weir profile", path_)};
    if (!S_ISREG(status.st_mode)) throw Error{fmt::format("{} is not a regular file", path_)};
    return static_cast<std::uint64_t>(status.st_size);
  }

  /// Makes `out` at most `bytes` long, of which the first `have` were read before.
  void read_up_to(std::vector<std::byte>& out, std::size_t have, std::uint64_t bytes) const {
    out.resize(bytes);
    while (have != out.size()) {
      const ssize_t got = pread(fd_, out.data() + have, out.size() - have, static_cast<off_t>(have));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw Error{fmt::format("cannot read {}: {}", path_, std::strerror(errno))};
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    out.resize(have);
  }

 private:
  const std::string& path_;
  int fd_;
};

}  // namespace

Profile load(const std::string& path) {
  const File file{path};
  std::vector<std::byte> bytes;
  // The header comes first and alone: what it counts as published is in the rest, which is read later.
  file.read_up_to(bytes, 0, std::min(file.bytes(), profile::kChunkBytes));
  std::uint64_t wanted = bytes.size();
  if (has_merged_magic(bytes)) wanted = file.bytes();
  if (has_magic(bytes) && bytes.size() >= sizeof(profile::Header)) {
    profile::Header header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    wanted = file.bytes();
    if (header.used_chunks < wanted / profile::kChunkBytes)
      wanted = std::max<std::uint64_t>(header.used_chunks, 1) * profile::kChunkBytes;
  }
  file.read_up_to(bytes, bytes.size(), std::max<std::uint64_t>(wanted, bytes.size()));
  return parse(bytes, path);
}

}  // namespace weir::tool
