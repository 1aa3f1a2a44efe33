// Whether the profile can be written where WEIR_OUT says.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/config/config.hpp"
#include "tool/doctor/checks.hpp"
#include "tool/doctor/settings.hpp"

namespace weir::tool {
namespace {

namespace fs = std::filesystem;

constexpr off_t kPage = 4096;

/// The folder with the letters that are known before the start; nothing: it depends on the process.
std::optional<std::string> folder_of(std::string_view pattern, const Subject& subject) {
  const std::size_t slash = pattern.rfind('/');
  if (slash == std::string_view::npos) return ".";
  std::string out;
  for (std::size_t i = 0; i != slash; ++i) {
    if (pattern[i] != '%' || i + 1 == slash) {
      out += pattern[i];
      continue;
    }
    char host[65]{};
    switch (pattern[++i]) {
      case '%': out += '%'; break;
      case 'e': out += fs::canonical(subject.path).filename(); break;
      case 'h':
        gethostname(host, sizeof(host) - 1);
        out += host;
        break;
      default: return std::nullopt;
    }
  }
  return out.empty() ? "/" : out;
}

/// A new file without a name; where the filesystem knows no such, with one that goes at once. Negative: the error.
int open_nameless(const std::string& folder) {
  const int fd = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  if (errno != EOPNOTSUPP && errno != EISDIR) return -errno;
  std::string name = folder + "/weir-doctor-XXXXXX";
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named < 0) return -errno;
  unlink(name.c_str());
  return named;
}

/// Makes a file there, maps it shared, and lets it go. 0, or the error number.
int try_place(const std::string& folder) {
  const int fd = open_nameless(folder);
  if (fd < 0) return -fd;
  int error = posix_fallocate(fd, 0, kPage);
  if (error == 0) {
    void* mapped = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    error = mapped == MAP_FAILED ? errno : 0;
    if (mapped != MAP_FAILED) munmap(mapped, kPage);
  }
  close(fd);
  return error;
}

void add(std::string id, std::string text, std::string advice, Findings& out) {
  out.push_back({.id = std::move(id),
                 .severity = Severity::Warning,
                 .topic = Topic::Profile,
                 .allows = Verdict::Yes,
                 .text = std::move(text),
                 .advice = std::move(advice)});
}

}  // namespace

void check_profile(const Subject& subject, Findings& out) {
  const config::Config config = settings_of(subject.command.environment);
  const std::string_view pattern = config.out.view();
  const std::optional<std::string> folder = folder_of(pattern, subject);
  if (!folder) return;
  if (const int error = try_place(*folder); error != 0)
    return add("profile_place",
               fmt::format("The profile cannot be written in {} ({}): it will go to TMPDIR or /tmp.",
                           *folder == "." ? "this folder" : *folder, std::strerror(error)),
               "Name another place: weir run -o PROFILE, or WEIR_OUT.", out);
  struct statvfs place {};
  if (statvfs(folder->c_str(), &place) != 0) return;
  const std::uint64_t room = std::uint64_t{place.f_bavail} * place.f_frsize;
  if (room < config.profile_max.bytes)
    add("profile_room",
        fmt::format("Where the profile goes, {}, {} MiB are free; it can grow to {} MiB (WEIR_PROFILE_MAX). "
                    "When the disk is "
                    "full, new call stacks are counted together as unknown.",
                    *folder == "." ? "this folder" : *folder, room >> 20, config.profile_max.bytes >> 20),
        "Make room, or name another place: weir run -o PROFILE, or WEIR_OUT.", out);
}

}  // namespace weir::tool
