// `weir merge`: the profiles of many processes into one file.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "tool/cli/cli.hpp"
#include "tool/cli/inputs.hpp"
#include "tool/cli/output.hpp"
#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

/// Only an older merge is replaced: what else is there may be all that is left of a process.
void check_out(const std::string& out) {
  const auto refuse = [&](const char* why) { throw Error{fmt::format("cannot write {}: {}", out, why)}; };
  struct stat status {};
  if (stat(out.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode)) refuse("it is a directory");
  if (!S_ISREG(status.st_mode)) refuse("it exists and is no regular file");
  if (status.st_size == 0) return;
  std::byte head[8]{};
  const int fd = open(out.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) refuse(std::strerror(errno));
  const bool is_read = read(fd, head, sizeof(head)) == sizeof(head);
  close(fd);
  if (is_read && has_magic(head)) refuse("it is the profile of a process (is the name behind -o missing?)");
  if (!is_read || !has_merged_magic(head)) refuse("it exists and is no merged profile");
}

/// A new file beside `out` that takes its name when it is whole; until then nothing has changed.
class NewFile {
 public:
  explicit NewFile(const std::string& out)
      : out_{out}, path_{out + ".XXXXXX"}, fd_{mkostemp(path_.data(), O_CLOEXEC)} {
    if (fd_ < 0) fail();
    is_there_ = true;
    const mode_t mask = umask(0);
    umask(mask);
    static_cast<void>(fchmod(fd_, 0666 & ~mask));
  }
  ~NewFile() {
    if (fd_ >= 0) close(fd_);
    if (is_there_) unlink(path_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write_whole(const std::vector<std::byte>& bytes) {
    for (std::size_t at = 0; at != bytes.size();) {
      const ssize_t put = write(fd_, bytes.data() + at, bytes.size() - at);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail();
      at += static_cast<std::size_t>(put);
    }
    const int fd = std::exchange(fd_, -1);
    if (close(fd) != 0 || rename(path_.c_str(), out_.c_str()) != 0) fail();
    is_there_ = false;
  }

 private:
  [[noreturn]] void fail() const {
    throw Error{fmt::format("cannot write {}: {}", out_, std::strerror(errno))};
  }

  const std::string out_;
  std::string path_;
  int fd_;
  bool is_there_ = false;
};

void check_inputs(const std::vector<std::string>& files, const std::string& out) {
  std::error_code ignored;
  for (const std::string& path : files)
    if (path == out || std::filesystem::equivalent(path, out, ignored))
      throw Error{fmt::format("{} is to be read and to be written", out)};
}

}  // namespace

int command_merge(const Arguments& arguments) {
  std::string out;
  std::vector<std::string> words;
  CLI::App app{
      "Make one profile of many, which weir report reads like any: sums over all processes by call site,\n"
      "and what each process and each program had.",
      "weir merge"};
  app.add_option("-o,--output", out, "the merged profile; an older merged one is replaced, nothing else")
      ->required()
      ->option_text("OUT");
  app.add_option("PROFILE", words, kProfilesHelp)->required()->option_text("...");
  app.footer(
      "Call sites are joined by the places of their frames in the same modules (build id), wherever those "
      "were\n"
      "mapped; memory of different spaces, devices and kinds stays apart. Merged profiles may be merged "
      "again.\n"
      "What cannot be read is told in one line and left out; no process is counted twice.\n"
      "Exit status 2: nothing could be read, or OUT not written.");
  if (!parse_arguments(app, arguments)) return 0;
  const std::vector<std::string> files = profile_files(words, out);
  check_inputs(files, out);
  check_out(out);
  NewFile file{out};
  const Profile merged = load_all(files);
  const std::vector<std::byte> bytes = merged_bytes(merged);
  file.write_whole(bytes);
  write_all(stderr,
            fmt::format("weir: {} {} in {} bytes; read them with: weir report {}\n", merged.members.size(),
                        merged.members.size() == 1 ? "process" : "processes", bytes.size(), printable(out)));
  return 0;
}

}  // namespace weir::tool
