// Looking for libweir.so from where this program lies.
#include "tool/cli/library.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "tool/profile/profile.hpp"

namespace weir::tool {
namespace {

namespace fs = std::filesystem;

std::string search() {
  std::error_code failed;
  const fs::path here = fs::read_symlink("/proc/self/exe", failed).parent_path();
  for (const char* place : {"../lib/libweir.so", "../lib/x86_64-linux-gnu/libweir.so",
                            "../lib/aarch64-linux-gnu/libweir.so", "../lib64/libweir.so", "libweir.so"})
    if (const fs::path path = (here / place).lexically_normal(); fs::is_regular_file(path, failed))
      return path;
  throw Error{fmt::format("libweir.so is not near {}; name it in WEIR_RUN_LIBRARY", here.string())};
}

}  // namespace

std::string find_library() {
  const char* named = std::getenv("WEIR_RUN_LIBRARY");
  std::string path;
  if (named != nullptr && *named != '\0') {
    std::error_code failed;
    path = fs::absolute(named, failed);
    if (!fs::is_regular_file(path, failed)) throw Error{fmt::format("WEIR_RUN_LIBRARY={} is no file", named)};
  } else {
    path = search();
  }
  if (path.find_first_of(": \t\n") != std::string::npos)
    throw Error{
        fmt::format("the loader cannot preload {}: blanks and colons part names in LD_PRELOAD", path)};
  return path;
}

}  // namespace weir::tool
