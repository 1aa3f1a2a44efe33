// When a file's numbers were counted: nothing in it says so exactly while its process lives.
#include <sys/stat.h>
#include <time.h>

#include "tool/growth/growth.hpp"

namespace weir::tool {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

std::uint64_t ns(const timespec& time) {
  return time.tv_sec < 0
             ? 0
             : static_cast<std::uint64_t>(time.tv_sec) * kSecond + static_cast<std::uint64_t>(time.tv_nsec);
}

bool has_noted_its_end(Ending ending) {
  return ending == Ending::Exited || ending == Ending::Signalled || ending == Ending::Replaced;
}

}  // namespace

Moment moment_of(const Profile& profile, const std::string& path) {
  using Basis = Moment::Basis;
  const Process& process = profile.process;
  Moment out{.at_ns = process.last_seen_ns, .basis = Basis::LastSeen, .last_seen_ns = process.last_seen_ns};
  struct stat status {};
  if (has_noted_its_end(process.ending)) {
    out.at_ns = process.duration_ns;
    out.basis = Basis::Ended;
  } else if (stat(path.c_str(), &status) != 0) {
    return out;
  } else if (process.ending == Ending::Running && is_mapped_by(process.pid, path).value_or(false)) {
    out.at_ns = process.duration_ns;
    out.basis = Basis::Now;
  } else if (const std::uint64_t written = ns(status.st_mtim), start = process.started_realtime_ns;
             start != 0 && written > start && written - start > process.last_seen_ns) {
    out.at_ns = written - start;
    out.basis = Basis::FileTime;
  }
  return out;
}

}  // namespace weir::tool
