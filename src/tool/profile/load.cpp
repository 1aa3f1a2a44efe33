// From a path to bytes. The file is copied, not mapped: whoever writes or cuts it meanwhile cannot harm us.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

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

  [[nodiscard]] bool was_changed_within(std::chrono::nanoseconds span) const {
    struct stat status {};
    timespec now{};
    if (fstat(fd_, &status) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0) return false;
    const std::int64_t since =
        (now.tv_sec - status.st_mtim.tv_sec) * 1'000'000'000LL + now.tv_nsec - status.st_mtim.tv_nsec;
    return since >= 0 && since < span.count();
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

namespace {

/// The newest verdicts that a file tells of, by when they were made.
std::pair<profile::ScanResult, std::uint64_t> verdicts_of(const std::vector<std::byte>& bytes) {
  profile::Header header{};
  if (!has_magic(bytes) || bytes.size() < sizeof(header)) return {};
  std::memcpy(&header, bytes.data(), sizeof(header));
  return {header.scan.result, header.scan.at_ns};
}

std::vector<std::byte> read_once(const File& file) {
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
  return bytes;
}

/// Where the filesystem lets no file be made without a name, a profile is seen a moment before its header is in it.
bool is_in_the_making(const File& file, const std::vector<std::byte>& bytes) {
  const auto is_zero = [](std::byte one) { return one == std::byte{}; };
  return std::all_of(bytes.begin(), bytes.begin() + std::min<std::ptrdiff_t>(std::ssize(bytes), 8),
                     is_zero) &&
         file.was_changed_within(std::chrono::seconds{1});
}

}  // namespace

Profile load(const std::string& path) {
  constexpr int kTurns = 3, kWaits = 200;
  const File file{path};
  std::vector<std::byte> bytes = read_once(file), header;
  for (int wait = 0; wait != kWaits && is_in_the_making(file, bytes); ++wait, bytes = read_once(file))
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  // A living process may have put the verdicts of a new look in place of those that the header told of.
  for (int turn = 1; turn != kTurns; ++turn) {
    file.read_up_to(header, 0, std::min<std::uint64_t>(bytes.size(), profile::kChunkBytes));
    if (verdicts_of(header) == verdicts_of(bytes)) break;
    bytes = read_once(file);
  }
  return parse(bytes, path);
}

}  // namespace weir::tool
