// Limits that are too narrow for weir beside the program (ulimit, overcommit).
#include <fmt/format.h>

#include <sys/resource.h>
#include <algorithm>

#include <fstream>

#include "tool/doctor/checks.hpp"
#include "tool/doctor/settings.hpp"

namespace weir::tool {
namespace {

/// Address space that libweir.so takes beside the profile: its code, jemalloc, tables.
constexpr std::uint64_t kBesideProfile = 20U << 20;
constexpr std::uint64_t kLeast = 32U << 20;  ///< below it libweir.so may find no room and stands aside
constexpr std::uint64_t kAmple = 1U << 30;
constexpr std::uint64_t kFirstProfile = 1U << 20;  ///< no profile begins larger

void add(std::string id, Verdict allows, std::string text, std::string advice, Findings& out) {
  out.push_back({.id = std::move(id),
                 .severity = Severity::Warning,
                 .topic = Topic::Surroundings,
                 .allows = allows,
                 .text = std::move(text),
                 .advice = std::move(advice)});
}

std::uint64_t limit(__rlimit_resource resource) {
  struct rlimit out {};
  return getrlimit(resource, &out) == 0 ? out.rlim_cur : RLIM_INFINITY;
}

/// A number of /proc/meminfo in bytes.
std::uint64_t meminfo(const std::string& proc, std::string_view key) {
  std::ifstream in{proc + "/meminfo"};
  for (std::string word; in >> word;) {
    std::uint64_t kib = 0;
    if (word == key && in >> kib) return kib << 10;
  }
  return 0;
}

void check_overcommit(const Subject& subject, std::uint64_t wanted, Findings& out) {
  std::ifstream in{subject.around.proc + "/sys/vm/overcommit_memory"};
  int mode = 0;
  if (!(in >> mode) || mode != 2) return;
  const std::uint64_t most = meminfo(subject.around.proc, "CommitLimit:");
  const std::uint64_t taken = meminfo(subject.around.proc, "Committed_AS:");
  const std::uint64_t room = most > taken ? most - taken : 0;
  if (most == 0 || room >= 2 * wanted) return;
  add("overcommit", Verdict::Yes,
      fmt::format("This machine does not overcommit memory (vm.overcommit_memory=2) and has {} MiB left to "
                  "promise; weir asks for about "
                  "{} MiB in each process.",
                  room >> 20, wanted >> 20),
      "Set WEIR_PROFILE_MAX lower, or make room.", out);
}

}  // namespace

void check_limits(const Subject& subject, Findings& out) {
  const std::uint64_t profile = settings_of(subject.command.environment).profile_max.bytes;
  const std::uint64_t wanted = profile + kBesideProfile;
  if (const std::uint64_t space = limit(RLIMIT_AS); space < kLeast)
    add("limit_address_space", Verdict::Partly,
        fmt::format(
            "The address space is limited to {} MiB (ulimit -v): too little for weir to record anything.",
            space >> 20),
        "Raise ulimit -v.", out);
  else if (space < kAmple)
    add("limit_address_space", Verdict::Yes,
        fmt::format(
            "The address space is limited to {} MiB (ulimit -v); weir takes about {} MiB of it, and a "
            "sixteenth for its profile at most.",
            space >> 20, (std::min(profile, space / 16) + kBesideProfile) >> 20),
        "Raise ulimit -v.", out);
  if (const std::uint64_t size = limit(RLIMIT_FSIZE); size < kFirstProfile)
    add("limit_file_size", Verdict::Partly,
        fmt::format("Files are limited to {} KiB (ulimit -f): the profile cannot be written, and is lost "
                    "when the program ends.",
                    size >> 10),
        "Raise ulimit -f.", out);
  else if (size < profile)
    add("limit_file_size", Verdict::Yes,
        fmt::format("Files are limited to {} MiB (ulimit -f), the profile can grow to {} MiB: then new call "
                    "stacks are counted together "
                    "as unknown.",
                    size >> 20, profile >> 20),
        "Raise ulimit -f, or set WEIR_PROFILE_MAX lower.", out);
  check_overcommit(subject, wanted, out);
}

}  // namespace weir::tool
