#include "tool/cli/live_profile.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include "tool/profile/profile.hpp"

namespace weir::tool {
namespace {

/// Paths of the files that are mapped shared for writing, as the process itself names them.
std::set<std::string> shared_files(std::uint32_t pid) {
  std::ifstream maps{fmt::format("/proc/{}/maps", pid)};
  if (!maps) {
    if (access(fmt::format("/proc/{}", pid).c_str(), F_OK) != 0)
      throw Error{fmt::format("there is no process {}", pid)};
    throw Error{fmt::format("process {} cannot be looked at: {}", pid, std::strerror(errno))};
  }
  std::set<std::string> out;
  for (std::string line; std::getline(maps, line);) {
    const std::size_t rights = line.find(' '), name = line.find('/');
    if (rights != std::string::npos && name != std::string::npos && line.compare(rights + 1, 4, "rw-s") == 0)
      out.insert(line.substr(name));
  }
  return out;
}

/// The header of a profile of the process that was started then; null: it is none.
profile::Header* map_header(const std::string& path, std::uint64_t started_ticks) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return nullptr;
  struct stat status {};
  void* at = MAP_FAILED;
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
      static_cast<std::uint64_t>(status.st_size) >= profile::kChunkBytes)
    at = mmap(nullptr, sizeof(profile::Header), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (at == MAP_FAILED) return nullptr;
  auto* header = static_cast<profile::Header*>(at);
  if (header->magic == profile::kMagic && header->version == profile::kFormatVersion &&
      header->started_ticks == started_ticks)
    return header;
  munmap(at, sizeof(profile::Header));
  return nullptr;
}

}  // namespace

LiveProfile::LiveProfile(std::uint32_t pid) : pid_{pid} {
  constexpr std::string_view kDeleted = " (deleted)";
  bool was_removed = false;
  const std::uint64_t ticks = start_ticks(pid);
  for (const std::string& name : shared_files(pid)) {
    if (name.ends_with(kDeleted)) {
      was_removed = was_removed || name.ends_with(".weir (deleted)");
      continue;
    }
    // Its own root: it may live in a container.
    path_ = fmt::format("/proc/{}/root{}", pid, name);
    header_ = map_header(path_, ticks);
    if (header_ == nullptr) continue;
    if (struct stat here{}, there{}; stat(name.c_str(), &here) == 0 && stat(path_.c_str(), &there) == 0 &&
                                     here.st_ino == there.st_ino && here.st_dev == there.st_dev)
      path_ = name;
    return;
  }
  throw Error{was_removed
                  ? fmt::format("the profile of process {} was removed", pid)
                  : fmt::format("process {} writes no profile that can be written to here: it runs without "
                                "weir, or with another version",
                                pid)};
}

LiveProfile::~LiveProfile() { munmap(header_, sizeof(profile::Header)); }

void LiveProfile::ask(profile::Request what) noexcept {
  std::atomic_ref{header_->request}.store(static_cast<std::uint32_t>(what), std::memory_order_release);
}

bool LiveProfile::lives() const { return start_ticks(pid_) == header_->started_ticks; }

bool LiveProfile::await(double seconds) const {
  constexpr double kStep = 0.01;
  for (double waited = 0; std::atomic_ref{header_->request}.load(std::memory_order_acquire) != 0;
       waited += kStep) {
    if (waited >= seconds || !lives()) return false;
    usleep(static_cast<useconds_t>(kStep * 1e6));
  }
  return true;
}

}  // namespace weir::tool
