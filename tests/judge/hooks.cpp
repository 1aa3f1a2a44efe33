// The functions that the judge stands in for. It allocates with the libc it finds, and only looks at who called.
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "judge.hpp"

extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* block, std::size_t bytes);
}

namespace {

[[gnu::always_inline]] inline void see_caller(const void* frame) noexcept {
  const auto* words = static_cast<const std::uintptr_t*>(frame);
  weir::judge::see({words + 1});
}

template <class Function>
Function* next(const char* name) noexcept {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

#define JUDGED extern "C" [[gnu::visibility("default")]]

JUDGED void* malloc(std::size_t bytes) noexcept {
  void* block = __libc_malloc(bytes);
  see_caller(__builtin_frame_address(0));
  return block;
}

JUDGED void* calloc(std::size_t count, std::size_t bytes) noexcept {
  void* block = __libc_calloc(count, bytes);
  see_caller(__builtin_frame_address(0));
  return block;
}

JUDGED void* realloc(void* block, std::size_t bytes) noexcept {
  void* moved = __libc_realloc(block, bytes);
  see_caller(__builtin_frame_address(0));
  return moved;
}

/// operator new(std::size_t) and operator new[](std::size_t): with no memory left, libstdc++'s, which throws.
JUDGED void* _Znwm(std::size_t bytes) {
  void* block = __libc_malloc(bytes != 0 ? bytes : 1);
  if (block == nullptr) return next<void*(std::size_t)>("_Znwm")(bytes);
  see_caller(__builtin_frame_address(0));
  return block;
}

JUDGED void* _Znam(std::size_t bytes) {
  void* block = __libc_malloc(bytes != 0 ? bytes : 1);
  if (block == nullptr) return next<void*(std::size_t)>("_Znam")(bytes);
  see_caller(__builtin_frame_address(0));
  return block;
}

JUDGED int dlclose(void* handle) noexcept {
  const int result = next<int(void*)>("dlclose")(handle);
  if (result == 0) weir::judge::library_closed();
  return result;
}

JUDGED [[noreturn]] void _exit(int code) {
  weir::judge::write_result();
  for (;;) syscall(SYS_exit_group, code);
}

JUDGED [[noreturn]] void _Exit(int code) noexcept { _exit(code); }

JUDGED int execve(const char* path, char* const* arguments, char* const* environment) noexcept {
  weir::judge::write_result();
  return next<int(const char*, char* const*, char* const*)>("execve")(path, arguments, environment);
}

JUDGED int execv(const char* path, char* const* arguments) noexcept {
  weir::judge::write_result();
  return next<int(const char*, char* const*)>("execv")(path, arguments);
}

JUDGED int execvp(const char* file, char* const* arguments) noexcept {
  weir::judge::write_result();
  return next<int(const char*, char* const*)>("execvp")(file, arguments);
}
