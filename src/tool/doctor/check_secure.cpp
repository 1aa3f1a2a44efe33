// Programs that get rights by being started: the loader then ignores LD_PRELOAD (secure execution, man 8 ld.so).
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "tool/doctor/checks.hpp"

namespace weir::tool {
namespace {

/// Where the kernel gives no rights at all, whatever the file says.
bool gives_rights(const std::string& path) {
  struct statvfs place {};
  if (statvfs(path.c_str(), &place) == 0 && (place.f_flag & ST_NOSUID) != 0) return false;
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}

void refuse(const Subject& subject, std::string id, std::string_view why, std::string advice, Findings& out) {
  out.push_back({.id = std::move(id),
                 .severity = Severity::Error,
                 .topic = Topic::Start,
                 .allows = Verdict::No,
                 .text = fmt::format(
                     "{} {}: it gets rights that you do not have, so the loader ignores LD_PRELOAD, and weir "
                     "sees nothing of it.",
                     subject.path, why),
                 .advice = std::move(advice)});
}

}  // namespace

void check_secure(const Subject& subject, Findings& out) {
  struct stat status {};
  if (is_hopeless(out) || stat(subject.path.c_str(), &status) != 0 || !gives_rights(subject.path)) return;
  const bool is_root = subject.around.user == 0;
  if ((status.st_mode & S_ISUID) != 0 && status.st_uid != subject.around.user)
    refuse(subject, "setuid", "is setuid",
           "Run weir as the file's owner, or run a copy of the program without the bit. A "
           "program that it starts (as sudo and su do) is recorded when weir stands behind it: sudo weir run "
           "PROGRAM.",
           out);
  else if ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0 &&
           status.st_gid != subject.around.group)
    refuse(subject, "setgid", "is setgid",
           "Run weir with the file's group (newgrp), or run a copy without the bit.", out);
  if (getxattr(subject.path.c_str(), "security.capability", nullptr, 0) <= 0) return;
  if (!is_root)
    return refuse(subject, "capabilities", "has file capabilities (getcap shows them)",
                  "Run a copy of the program without them (cp does not copy them), or run weir as root.",
                  out);
  out.push_back(
      {.id = "capabilities_for_others",
       .severity = Severity::Info,
       .topic = Topic::Start,
       .allows = Verdict::Yes,
       .text = fmt::format(
           "{} has file capabilities: for root, as now, weir sees it; for every other user the loader "
           "ignores LD_PRELOAD.",
           subject.path),
       .advice = {}});
}

}  // namespace weir::tool
