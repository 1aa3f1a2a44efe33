// Files and streams that tell when they are full.
#include "tool/cli/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ostream>
#include <streambuf>

#include "tool/report/report.hpp"

namespace weir::tool {
namespace {

/// A stream buffer over a descriptor that remembers the first error.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int fd) : fd_{fd} { setp(buffer_, buffer_ + sizeof(buffer_)); }
  [[nodiscard]] int error() const noexcept { return error_; }

 protected:
  int overflow(int c) override {
    if (sync() != 0) return traits_type::eof();
    if (c != traits_type::eof()) sputc(static_cast<char>(c));
    return 0;
  }
  int sync() override {
    for (const char* at = pbase(); at != pptr() && error_ == 0;) {
      const ssize_t put = ::write(fd_, at, static_cast<std::size_t>(pptr() - at));
      if (put >= 0)
        at += put;
      else if (errno != EINTR)
        error_ = errno;
    }
    setp(buffer_, buffer_ + sizeof(buffer_));
    return error_ == 0 ? 0 : -1;
  }

 private:
  int fd_;
  int error_ = 0;
  char buffer_[65536];
};

}  // namespace

void survive_closed_pipes() { std::signal(SIGPIPE, SIG_IGN); }

void complain(std::string_view text) {
  survive_closed_pipes();
  const std::string line = "weir: " + one_line(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void write_all(std::FILE* file, std::string_view text) {
  survive_closed_pipes();
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fflush(file) != 0)
    throw Error{fmt::format("cannot write: {}", std::strerror(errno))};
}

void write_to(const std::string& path, const std::function<void(std::ostream&)>& write) {
  survive_closed_pipes();
  const bool standard = path.empty() || path == "-";
  const std::string name = standard ? "standard output" : path;
  const int fd =
      standard ? STDOUT_FILENO : ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) throw Error{fmt::format("cannot write {}: {}", name, std::strerror(errno))};
  DescriptorBuffer buffer{fd};
  std::ostream out{&buffer};
  write(out);
  out.flush();
  int error = buffer.error();
  if (!standard && ::close(fd) != 0 && error == 0) error = errno;
  if (error != 0) throw Error{fmt::format("cannot write {}: {}", name, std::strerror(error))};
}

std::string one_line(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c == '\n') c = ' ';
  while (out.ends_with(' ')) out.pop_back();
  return printable(out);
}

}  // namespace weir::tool
