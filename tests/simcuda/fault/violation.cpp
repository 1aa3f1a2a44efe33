#include "fault/violation.hpp"

#include <atomic>
#include <cstdarg>
#include <cstdio>

#include "base/log.hpp"

namespace simcuda {
namespace {
constinit std::atomic<uint64_t> count{0};
}

void violation(const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  count.fetch_add(1);
  complain("VIOLATION: %s", text);
  log_line("VIOLATION: %s", text);
}

uint64_t violations() { return count.load(); }

}  // namespace simcuda
