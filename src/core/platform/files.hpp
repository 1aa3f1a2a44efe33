// Files by raw system calls, and the few facts that /proc tells of a process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace weir::platform {

/// A descriptor that closes itself. Negative: none, or a negative errno value.
class File {
 public:
  constexpr File() noexcept = default;
  explicit File(int fd) noexcept : fd_{fd} {}
  File(File&& other) noexcept : fd_{other.release()} {}
  File& operator=(File&& other) noexcept;
  ~File();

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int fd() const noexcept { return fd_; }
  int release() noexcept {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_ = -1;
};

/// Opens `path` (terminated). The result's fd() is a negative errno value on failure.
[[nodiscard]] File open_file(const char* path, int flags, unsigned mode = 0) noexcept;

/// A new file in `directory` (terminated) that nobody sees until it gets its name. Not open: the filesystem, or a filter of
/// system calls, knows no such thing.
[[nodiscard]] File open_unnamed_file(const char* directory, unsigned mode) noexcept;
/// 0, or a negative errno value: -EEXIST where something has that name already.
[[nodiscard]] int give_name(const File& unnamed, const char* path) noexcept;

/// What is in the file, cut at `out`; 0 when it cannot be read.
std::size_t read_file(const char* path, std::span<char> out) noexcept;

/// Where a symbolic link leads, cut at `out` and not terminated; 0: unknown.
std::size_t link_target(const char* path, std::span<char> out) noexcept;

/// The directory that the process is in, in `out`; empty: unknown.
std::string_view working_directory(std::span<char> out) noexcept;

/// Identity of a file; all zero: unknown.
struct FileFacts {
  std::uint64_t device, inode, bytes, mtime_ns;
};
[[nodiscard]] FileFacts facts_of(int fd) noexcept;
[[nodiscard]] FileFacts facts_of(const char* path) noexcept;

/// Not a link, a pipe, a device: opening those may wait, or do something.
[[nodiscard]] bool is_regular_file(const char* path) noexcept;

/// Field 22 of /proc/self/stat: start of the process in clock ticks since boot; 0: unknown.
[[nodiscard]] std::uint64_t own_start_ticks() noexcept;

/// Resident bytes of this process; 0: unknown.
[[nodiscard]] std::uint64_t resident_bytes() noexcept;

/// One line on standard error, written in one piece; nothing happens when it is closed.
void say(std::string_view line) noexcept;

}  // namespace weir::platform
