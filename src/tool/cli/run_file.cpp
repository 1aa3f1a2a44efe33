// Lines "PID<tab>PROFILE".
#include "tool/cli/run_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "tool/profile/profile.hpp"

namespace weir::tool {

RunFile::RunFile() {
  const char* dir = std::getenv("TMPDIR");
  path_ = fmt::format("{}/weir-run.XXXXXX", dir == nullptr || *dir != '/' ? "/tmp" : dir);
  const int fd = mkostemp(path_.data(), O_CLOEXEC);
  if (fd < 0)
    throw Error{
        fmt::format("cannot make a file in {}: {}", path_.substr(0, path_.rfind('/')), std::strerror(errno))};
  close(fd);
}

RunFile::~RunFile() { unlink(path_.c_str()); }

std::vector<RunFile::Entry> RunFile::entries() const {
  std::vector<Entry> out;
  std::ifstream in{path_};
  for (std::string line; std::getline(in, line);) {
    Entry entry{};
    const char* end = line.data() + line.size();
    const auto [after, error] = std::from_chars(line.data(), end, entry.pid);
    if (error != std::errc{} || after == end || *after != '\t' || after + 1 == end) continue;
    entry.profile.assign(after + 1, end);
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace weir::tool
