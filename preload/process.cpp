// What the engine must hear of: that the loader is ready, that a library was closed, that the process ends without
// running its exit handlers.
#include <stdlib.h>
#include <unistd.h>

#include "core/base/old_glibc.hpp"
#include "hook.hpp"
#include "next.hpp"

using namespace weir;

/// The library's only constructor. It runs before every other library's (-z initfirst), so that our fork handlers and
/// exit handler enclose theirs, and no thread of theirs is there yet.
[[gnu::constructor]] static void weir_start(int, char**, char** environment) noexcept {
  engine::start(environment);
  warm_exec_functions();
  warm_seal_functions();
}

static constinit Next<int(void* handle)> g_dlclose{"dlclose"};
static constinit Next<void(int code)> g_quick_exit{"quick_exit"};

HOOK(int, dlclose, void* handle) {
  const int result = g_dlclose.get()(handle);
  if (result == 0) engine::library_closed();
  return result;
}

extern "C" {
[[gnu::visibility("default"), noreturn]] void _exit(int code);
[[gnu::visibility("default"), noreturn]] void _Exit(int code);
[[gnu::visibility("default"), noreturn]] void quick_exit(int code) noexcept;

void _exit(int code) {
  engine::end(code & 0xff, __builtin_frame_address(0));
  engine::leave(code);
}

void _Exit(int code) { _exit(code); }

void quick_exit(int code) noexcept {
  engine::end(code & 0xff, __builtin_frame_address(0));
  g_quick_exit.get()(code);
  engine::leave(code);
}
}
