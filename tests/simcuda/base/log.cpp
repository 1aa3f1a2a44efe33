#include "base/log.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "base/entry_points.hpp"
#include "base/environment.hpp"

namespace simcuda {
namespace {

constinit thread_local char note[256] = {};

// One write per line, so that lines of threads and processes do not mix.
void write_line(int fd, const char* format, va_list arguments) {
  char line[1024] = "simcuda: ";
  const size_t head = std::strlen(line);
  const int length = std::vsnprintf(line + head, sizeof line - head - 1, format, arguments);
  size_t end = head + (length < 0 ? 0 : static_cast<size_t>(length));
  if (end > sizeof line - 2) end = sizeof line - 2;
  line[end++] = '\n';
  if (write(fd, line, end) < 0) return;  // nobody to tell
}

int open_log() {
  const char* path = environment("SIMCUDA_LOG");
  if (path == nullptr || *path == 0) return -1;
  if (std::strcmp(path, "-") == 0) return STDERR_FILENO;
  return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

int log_file() {
  static const int fd = open_log();
  return fd;
}

}  // namespace

void complain(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  write_line(STDERR_FILENO, format, arguments);
  va_end(arguments);
}

void log_line(const char* format, ...) {
  if (log_file() < 0) return;
  va_list arguments;
  va_start(arguments, format);
  write_line(log_file(), format, arguments);
  va_end(arguments);
}

void note_call(const char* format, ...) {
  if (log_file() < 0) return;
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(note, sizeof note, format, arguments);
  va_end(arguments);
}

bool log_wanted() { return log_file() >= 0; }

void log_call(const char* function, CUresult result) {
  if (log_file() < 0) return;
  const char* name = error_name(result);
  log_line("[%d:%ld] %s%s%s = %s", getpid(), syscall(SYS_gettid), function, *note == 0 ? "" : " ", note,
           name == nullptr ? "?" : name);
  *note = 0;
}

const char* error_name(CUresult error) {
  for (const ErrorName& row : error_names()) {
    if (row.value == error) return row.name;
  }
  return nullptr;
}

const char* error_sentence(CUresult error) {
  for (const ErrorName& row : error_names()) {
    if (row.value == error) return row.sentence;
  }
  return nullptr;
}

}  // namespace simcuda
