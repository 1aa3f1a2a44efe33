#include "base/log.hpp"

#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <set>
#include <string>

#include "base/state.hpp"

namespace simcudart {

void say(const char* format, ...) {
  char line[512] = "simcudart: ";
  constexpr std::size_t kPrefix = sizeof("simcudart: ") - 1;
  va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(line + kPrefix, sizeof line - kPrefix - 1, format, arguments);
  va_end(arguments);
  if (length < 0) return;
  std::size_t end = std::min(kPrefix + static_cast<std::size_t>(length), sizeof line - 2);
  line[end++] = '\n';
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, end);
}

cudaError_t not_simulated(const char* name) {
  // Never destroyed: programs call into the runtime while their static objects go.
  static std::mutex& lock = *new std::mutex;
  static std::set<std::string>& told = *new std::set<std::string>;
  {
    const std::lock_guard hold{lock};
    if (told.insert(name).second) say("%s is not simulated", name);
  }
  return remember(cudaErrorNotSupported);
}

}  // namespace simcudart

cudaError_t simcudart_not_simulated(const char* name) { return simcudart::not_simulated(name); }
