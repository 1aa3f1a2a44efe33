// Folders, lists and files; and reading them one after the other, so that only one and the sums are in memory.
#include "tool/cli/inputs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "tool/cli/output.hpp"
#include "tool/merge/merge.hpp"
#include "tool/symbolize/progress.hpp"

namespace weir::tool {
namespace {

namespace fs = std::filesystem;

enum class Kind { None, Profile, Merged };

/// By the first bytes; nothing waits for a pipe's other end.
Kind kind_of(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Kind::None;
  std::byte head[8];
  const ssize_t got = read(fd, head, sizeof(head));
  close(fd);
  if (got != sizeof(head)) return Kind::None;
  return has_magic(head) ? Kind::Profile : has_merged_magic(head) ? Kind::Merged : Kind::None;
}

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code failed;
  return !b.empty() && fs::equivalent(a, b, failed) && !failed;
}

std::vector<std::string> files_in(const std::string& folder, const std::string& except) {
  std::vector<std::string> out;
  std::error_code failed;
  fs::recursive_directory_iterator at{folder, fs::directory_options::skip_permission_denied, failed};
  for (; !failed && at != fs::recursive_directory_iterator{}; at.increment(failed)) {
    const std::string path = at->path().string();
    std::error_code ignored;
    if (at->is_regular_file(ignored) && kind_of(path) != Kind::None && !is_same_file(path, except))
      out.push_back(path);
  }
  if (failed) throw Error{fmt::format("cannot read {}: {}", folder, failed.message())};
  if (out.empty()) throw Error{fmt::format("no weir profile is in {} or below it", folder)};
  std::sort(out.begin(), out.end());
  return out;
}

void read_list(std::istream& in, const std::string& name, std::vector<std::string>& out) {
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.push_back(line);
  if (in.bad()) throw Error{fmt::format("cannot read {}", name)};
}

/// With the lists' lines in their place.
std::vector<std::string> without_lists(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const std::string& word : words) {
    if (!word.starts_with('@')) {
      out.push_back(word);
    } else if (word == "@-") {
      read_list(std::cin, "standard input", out);
    } else {
      const std::string path = word.substr(1);
      std::ifstream in{path};
      std::error_code ignored;
      if (!in || fs::is_directory(path, ignored))
        throw Error{fmt::format("cannot read the list {}: {}", path, std::strerror(in ? EISDIR : errno))};
      read_list(in, path, out);
    }
  }
  if (out.empty()) throw Error{"no profile is named"};
  return out;
}

}  // namespace

std::vector<std::string> profile_files(const std::vector<std::string>& words, const std::string& except) {
  std::vector<std::string> all;
  for (const std::string& word : without_lists(words)) {
    std::error_code ignored;
    if (!fs::is_directory(word, ignored)) {
      all.push_back(word);
      continue;
    }
    const std::vector<std::string> found = files_in(word, except);
    all.insert(all.end(), found.begin(), found.end());
  }
  std::set<std::pair<dev_t, ino_t>> seen;
  std::vector<std::string> out, merged;
  for (const std::string& path : all) {
    struct stat status {};
    if (stat(path.c_str(), &status) == 0 && !seen.emplace(status.st_dev, status.st_ino).second) continue;
    (kind_of(path) == Kind::Merged ? merged : out).push_back(path);
  }
  out.insert(out.end(), merged.begin(), merged.end());
  return out;
}

Profile load_all(const std::vector<std::string>& files) {
  if (files.size() == 1) return load(files.front());
  Merger merger;
  std::size_t left_out = 0;
  std::string first_reason;
  const auto leave_out = [&](const std::string& why) {
    complain(why);
    if (left_out++ == 0) first_reason = why;
  };
  {
    Progress progress{"profiles read", files.size()};
    for (const std::string& path : files) {
      try {
        if (!merger.add(load(path)))
          leave_out(fmt::format("{} tells of a process that is in already; it was left out", path));
      } catch (const Error& error) {
        leave_out(error.what());
      }
      progress.advance();
    }
  }
  if (merger.processes() == 0) throw Error{fmt::format("none of the {} files could be read", files.size())};
  if (left_out != 0)
    merger.warn(fmt::format("{} of {} files were left out: {}{}", left_out, files.size(), first_reason,
                            left_out == 1 ? "" : " ..."));
  return merger.finish();
}

}  // namespace weir::tool
