// The exec family: the profile of a program that is replaced says so. What happens otherwise is libc's business.
#include <stdarg.h>
#include <unistd.h>

#include <cstddef>

#include "core/base/old_glibc.hpp"
#include "hook.hpp"
#include "next.hpp"

using namespace weir;

namespace {

using Words = char* const*;

constinit Next<int(const char*, Words, Words)> g_execve{"execve"};
constinit Next<int(const char*, Words)> g_execv{"execv"};
constinit Next<int(const char*, Words)> g_execvp{"execvp"};
constinit Next<int(const char*, Words, Words)> g_execvpe{"execvpe"};
constinit Next<int(int, Words, Words)> g_fexecve{"fexecve"};

/// libc's function, between the two words to the engine.
template <class... Args>
int replace_process(Next<int(Args...)>& next, Args... args) noexcept {
  engine::begin_exec();
  const int result = next.get()(args...);
  engine::exec_failed();
  return result;
}

/// How many arguments an execl call has, with the terminating null.
std::size_t count_arguments(va_list list) noexcept {
  std::size_t count = 2;
  while (va_arg(list, char*) != nullptr) ++count;
  return count;
}

void collect(char** out, const char* first, va_list list) noexcept {
  *out = const_cast<char*>(first);
  while (*out++ != nullptr) *out = va_arg(list, char*);
}

}  // namespace

void weir::warm_exec_functions() noexcept {
  g_execve.warm();
  g_execv.warm();
  g_execvp.warm();
  g_execvpe.warm();
  g_fexecve.warm();
}

HOOK(int, execve, const char* path, Words arguments, Words environment) {
  return replace_process(g_execve, path, arguments, environment);
}
HOOK(int, execv, const char* path, Words arguments) { return replace_process(g_execv, path, arguments); }
HOOK(int, execvp, const char* file, Words arguments) { return replace_process(g_execvp, file, arguments); }
HOOK(int, execvpe, const char* file, Words arguments, Words environment) {
  return replace_process(g_execvpe, file, arguments, environment);
}
HOOK(int, fexecve, int fd, Words arguments, Words environment) {
  return replace_process(g_fexecve, fd, arguments, environment);
}

// The list forms: the list is laid out on the stack, as libc does it.
HOOK(int, execl, const char* path, const char* first, ...) {
  va_list list, again;
  va_start(list, first);
  va_copy(again, list);
  auto** arguments = static_cast<char**>(__builtin_alloca(count_arguments(list) * sizeof(char*)));
  collect(arguments, first, again);
  va_end(again);
  va_end(list);
  return replace_process(g_execv, path, static_cast<Words>(arguments));
}

HOOK(int, execlp, const char* file, const char* first, ...) {
  va_list list, again;
  va_start(list, first);
  va_copy(again, list);
  auto** arguments = static_cast<char**>(__builtin_alloca(count_arguments(list) * sizeof(char*)));
  collect(arguments, first, again);
  va_end(again);
  va_end(list);
  return replace_process(g_execvp, file, static_cast<Words>(arguments));
}

HOOK(int, execle, const char* path, const char* first, ...) {
  va_list list, again;
  va_start(list, first);
  va_copy(again, list);
  auto** arguments = static_cast<char**>(__builtin_alloca(count_arguments(list) * sizeof(char*)));
  auto* environment = va_arg(list, Words);  // it follows the terminating null
  collect(arguments, first, again);
  va_end(again);
  va_end(list);
  return replace_process(g_execve, path, static_cast<Words>(arguments), environment);
}
