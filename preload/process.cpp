// What the engine must hear of: that the loader is ready, that a library was closed, that the process ends without
// running its exit handlers.
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include "hook.hpp"

using namespace weir;

/// The library's only constructor.
[[gnu::constructor]] static void weir_start() noexcept { engine::start(); }

using Close = int(void* handle);

HOOK(int, dlclose, void* handle) {
  static constinit Close* real = nullptr;
  if (real == nullptr) real = reinterpret_cast<Close*>(dlsym(RTLD_NEXT, "dlclose"));
  const int result = real(handle);
  if (result == 0) engine::library_closed();
  return result;
}

extern "C" {
[[gnu::visibility("default"), noreturn]] void _exit(int code);
[[gnu::visibility("default"), noreturn]] void _Exit(int code);
[[gnu::visibility("default"), noreturn]] void quick_exit(int code) noexcept;

void _exit(int code) {
  engine::end(code & 0xff);
  engine::leave(code);
}

void _Exit(int code) { _exit(code); }

void quick_exit(int code) noexcept {
  engine::end(code & 0xff);
  reinterpret_cast<void (*)(int)>(dlsym(RTLD_NEXT, "quick_exit"))(code);
  engine::leave(code);
}
}
