// The libraries that the program needs to start, and the C library that libweir.so needs.
#include <fmt/format.h>

#include <algorithm>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

const Library* named(const Subject& subject, std::string_view name) {
  const auto found = std::find_if(
      subject.libraries.begin(), subject.libraries.end(),
      [&](const Library& library) { return library.asked_as == name || library.facts.name == name; });
  return found == subject.libraries.end() ? nullptr : &*found;
}

void check_missing(const Subject& subject, Findings& out) {
  for (const Library& library : subject.libraries)
    if (library.path.empty())
      out.push_back({.id = "library_missing",
                     .severity = Severity::Error,
                     .topic = Topic::Libraries,
                     .allows = Verdict::No,
                     .text = fmt::format("{}, which {} needs, is not found: the program will not start.",
                                         library.asked_as, library.asked_by),
                     .advice = "Install it, or name its folder in LD_LIBRARY_PATH."});
}

/// The first version that libweir.so needs and this C library lacks.
std::string lacking(const ElfFacts& weir, const ElfFacts& libc) {
  for (const std::string& version : weir.libc_versions_needed)
    if (std::find(libc.versions_defined.begin(), libc.versions_defined.end(), version) ==
        libc.versions_defined.end())
      return version;
  return {};
}

void check_libc(const Subject& subject, Findings& out) {
  const Library* libc = named(subject, "libc.so.6");
  if (libc == nullptr || libc->path.empty() || libc->facts.versions_defined.empty()) return;
  const std::string version = lacking(subject.weir, libc->facts);
  if (version.empty()) return;
  out.push_back(
      {.id = "glibc_old",
       .severity = Severity::Error,
       .topic = Topic::Libraries,
       .allows = Verdict::No,
       .text = fmt::format(
           "The program's C library, {}, is too old: libweir.so needs {}. With it in LD_PRELOAD the "
           "program does not even start.",
           libc->path, version),
       .advice = "Run it on a newer system (glibc 2.35 or newer), or build weir on this one."});
}

}  // namespace

void check_libraries(const Subject& subject, Findings& out) {
  if (is_hopeless(out) || !subject.facts.is_elf()) return;
  if (subject.has_system_loader()) check_missing(subject, out);
  check_libc(subject, out);
}

}  // namespace weir::tool
