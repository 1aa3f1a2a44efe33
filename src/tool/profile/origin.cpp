// Whether a file is the one that its process wrote, or a copy of it.
#include "tool/profile/origin.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace weir::tool {

std::optional<bool> is_mapped_by(std::uint32_t pid, const std::string& path) {
  struct stat status {};
  std::ifstream maps{fmt::format("/proc/{}/maps", pid)};
  if (stat(path.c_str(), &status) != 0 || !maps) return std::nullopt;
  std::error_code ignored;
  const std::string whole = std::filesystem::canonical(path, ignored).string();
  bool is_empty = true;  // as another user's are
  for (std::string line; std::getline(maps, line); is_empty = false) {
    unsigned major = 0, minor = 0;
    std::uint64_t inode = 0;
    int path_at = 0;
    const int got =
        std::sscanf(line.c_str(), "%*s %*s %*s %x:%x %" SCNu64 " %n", &major, &minor, &inode, &path_at);
    if (got != 3 || inode != status.st_ino) continue;
    if (major == gnu_dev_major(status.st_dev) && minor == gnu_dev_minor(status.st_dev)) return true;
    // Some file systems name another device there.
    if (path_at > 0 && line.substr(static_cast<std::size_t>(path_at)) == whole) return true;
  }
  return is_empty ? std::nullopt : std::optional{false};
}

Ending ending_in_file(Ending by_header, const profile::Header& header, const std::string& path) {
  struct stat status {};
  if (by_header == Ending::Running)
    return is_mapped_by(header.pid, path).value_or(true) ? by_header : Ending::Unknown;
  if (by_header != Ending::Killed || header.file_key == 0 || stat(path.c_str(), &status) != 0)
    return by_header;
  return static_cast<std::uint32_t>(status.st_ino) == header.file_key ? by_header : Ending::Unknown;
}

}  // namespace weir::tool
