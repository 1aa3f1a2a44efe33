#include "core/platform/files.hpp"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include "core/base/text.hpp"
#include "core/platform/pages.hpp"
#include "core/platform/raw.hpp"
#include "core/platform/rights.hpp"

namespace weir::platform {
namespace {

FileFacts facts_from(const struct stat& info) noexcept {
  return {info.st_dev, info.st_ino, static_cast<std::uint64_t>(info.st_size),
          static_cast<std::uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000U +
              static_cast<std::uint64_t>(info.st_mtim.tv_nsec)};
}

/// The `index`-th word after `from`, read as a decimal number.
std::uint64_t number_at(std::string_view text, std::size_t from, unsigned index) noexcept {
  std::size_t at = from;
  for (; index != 0 && at < text.size(); --index) {
    while (at < text.size() && text[at] != ' ') ++at;
    while (at < text.size() && text[at] == ' ') ++at;
  }
  std::uint64_t number = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
    number = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
  return number;
}

}  // namespace

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) raw_syscall(SYS_close, fd_);
    fd_ = other.release();
  }
  return *this;
}

File::~File() {
  if (fd_ >= 0) raw_syscall(SYS_close, fd_);
}

File open_file(const char* path, int flags, unsigned mode) noexcept {
  const Right right = (flags & O_ACCMODE) == O_RDONLY ? Right::ReadFiles : Right::WriteFiles;
  if (!may(right)) return File{-EPERM};
  return File{static_cast<int>(raw_syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode))};
}

File open_unnamed_file(const char* directory, unsigned mode) noexcept {
  if (!may(Right::NameFiles)) return File{-EPERM};
  return open_file(directory, O_TMPFILE | O_RDWR | O_NOCTTY, mode);
}

int give_name(const File& unnamed, const char* path) noexcept {
  char bytes[40];
  TextBuffer own{bytes};
  own << "/proc/thread-self/fd/" << static_cast<std::uint64_t>(unnamed.fd());
  return static_cast<int>(raw_syscall(SYS_linkat, AT_FDCWD, own.c_str(), AT_FDCWD, path, AT_SYMLINK_FOLLOW));
}

std::size_t link_target(const char* path, std::span<char> out) noexcept {
  const long n = may(Right::ReadFiles) ? raw_syscall(SYS_readlink, path, out.data(), out.size()) : -EPERM;
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

std::string_view working_directory(std::span<char> out) noexcept {
  const long n = may(Right::ReadFiles) ? raw_syscall(SYS_getcwd, out.data(), out.size()) : -EPERM;
  return {out.data(), n > 0 ? static_cast<std::size_t>(n) - 1 : 0};
}

std::size_t read_file(const char* path, std::span<char> out) noexcept {
  const File file = open_file(path, O_RDONLY);
  if (!file.is_open()) return 0;
  std::size_t used = 0;
  while (used != out.size()) {
    const long n = raw_syscall(SYS_read, file.fd(), out.data() + used, out.size() - used);
    if (n <= 0) break;
    used += static_cast<std::size_t>(n);
  }
  return used;
}

FileFacts facts_of(int fd) noexcept {
  struct stat info;
  // As libc's fstat does it: a seccomp filter that stood before the program knows that one.
  const bool is_known = (may(Right::ReadFiles) || may(Right::WriteFiles)) &&
                        raw_syscall(SYS_newfstatat, fd, "", &info, AT_EMPTY_PATH) == 0;
  return is_known ? facts_from(info) : FileFacts{};
}

FileFacts facts_of(const char* path) noexcept {
  struct stat info;
  const bool is_known = may(Right::ReadFiles) && raw_syscall(SYS_newfstatat, AT_FDCWD, path, &info, 0) == 0;
  return is_known ? facts_from(info) : FileFacts{};
}

bool is_regular_file(const char* path) noexcept {
  struct stat info;
  return may(Right::ReadFiles) &&
         raw_syscall(SYS_newfstatat, AT_FDCWD, path, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(info.st_mode);
}

std::uint64_t own_start_ticks() noexcept {
  char text[1024];
  const std::string_view stat{text, read_file("/proc/self/stat", text)};
  // The name in parentheses may hold anything, so count from the last one: field 3 follows it.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return 0;
  return number_at(stat, name_end, 20);
}

std::uint64_t resident_bytes() noexcept {
  char text[128];
  return number_at({text, read_file("/proc/self/statm", text)}, 0, 1) * kPageBytes;
}

namespace {

/// True if a write to standard error would neither block nor fail: a full pipe must not hold up the program's end.
bool is_writable(int fd) noexcept {
  pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
  return raw_syscall(SYS_poll, &wanted, 1, 0) == 1 && (wanted.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

/// Holds back the signals that a write may raise (SIGPIPE, SIGTTOU) and takes back one that it did raise.
class QuietWrite {
 public:
  QuietWrite() noexcept {
    raw_syscall(SYS_rt_sigpending, &pending_, sizeof(pending_));
    raw_syscall(SYS_rt_sigprocmask, SIG_BLOCK, &kHeld, &before_, sizeof(before_));
  }
  ~QuietWrite() {
    const std::uint64_t raised = kHeld & ~pending_;
    const timespec now{};
    while (raw_syscall(SYS_rt_sigtimedwait, &raised, nullptr, &now, sizeof(raised)) > 0) {
    }
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, sizeof(before_));
  }
  QuietWrite(const QuietWrite&) = delete;
  QuietWrite& operator=(const QuietWrite&) = delete;

 private:
  static constexpr std::uint64_t kHeld = std::uint64_t{1} << (SIGPIPE - 1) | std::uint64_t{1}
                                                                                 << (SIGTTOU - 1);
  std::uint64_t before_ = 0, pending_ = 0;
};

}  // namespace

void say(std::string_view line) noexcept {
  constexpr int kStandardError = 2;
  if (!may(Right::Speak) || !is_writable(kStandardError)) return;
  char out[1400];
  const std::size_t n = line.size() < sizeof(out) - 1 ? line.size() : sizeof(out) - 1;
  for (std::size_t i = 0; i != n; ++i) out[i] = line[i];
  out[n] = '\n';
  const QuietWrite quiet;
  raw_syscall(SYS_write, kStandardError, out, n + 1);
}

}  // namespace weir::platform
