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
#include <map>

#include "tool/profile/profile.hpp"

namespace weir::tool {

namespace {

/// What a process left as the program it was before exec has made room for the name's new owner (engine/place.cpp).
void name_those_before_exec(std::vector<RunFile::Entry>& entries) {
  constexpr std::string_view kSuffix = ".weir";
  std::map<std::pair<pid_t, std::string>, std::size_t> later;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) ++later[{entry->pid, entry->profile}];
  std::map<std::pair<pid_t, std::string>, std::size_t> moved;
  for (RunFile::Entry& entry : entries) {
    const std::pair key{entry.pid, entry.profile};
    if (--later[key] == 0) continue;
    const bool has_suffix = entry.profile.ends_with(kSuffix);
    if (has_suffix) entry.profile.resize(entry.profile.size() - kSuffix.size());
    entry.profile += fmt::format(".{}", entry.pid);
    if (const std::size_t before = moved[key]++; before != 0) entry.profile += fmt::format(".{}", before);
    if (has_suffix) entry.profile += kSuffix;
  }
}

}  // namespace

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
  name_those_before_exec(out);
  return out;
}

}  // namespace weir::tool
