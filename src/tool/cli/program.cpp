// Which file a command's word means, and whether it can run at all.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tool/cli/child.hpp"
#include "tool/profile/profile.hpp"

namespace weir::tool {
namespace {

bool runnable(const std::string& path, int& error) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    error = errno;
    return false;
  }
  error = S_ISDIR(status.st_mode) ? EISDIR : access(path.c_str(), X_OK) != 0 ? errno : 0;
  return error == 0;
}

}  // namespace

std::string find_program(const std::string& word) {
  int error = ENOENT;
  if (word.find('/') != std::string::npos) {
    if (runnable(word, error)) return word;
    if (error == EISDIR) throw Error{fmt::format("cannot run {}: it is a directory", word)};
    if (error == EACCES) throw Error{fmt::format("cannot run {}: it is no program, or not executable", word)};
    throw Error{fmt::format("cannot run {}: {}", word, std::strerror(error))};
  }
  const char* variable = std::getenv("PATH");
  std::string_view path = variable == nullptr ? "/usr/local/bin:/bin:/usr/bin" : variable;
  bool denied = false;
  while (!word.empty()) {
    const std::size_t end = path.find(':');
    const std::string dir{path.substr(0, end)};
    const std::string candidate = dir.empty() ? "./" + word : dir + "/" + word;
    if (runnable(candidate, error)) return candidate;
    denied = denied || error == EACCES;
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  throw Error{denied ? fmt::format("cannot run {}: it is in PATH, but not executable", word)
                     : fmt::format("cannot run '{}': command not found", word)};
}

}  // namespace weir::tool
