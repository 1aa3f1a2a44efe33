// Captures by libunwind's unw_backtrace, which keeps a per-thread cache of how frames are laid out.
//
// It is loaded privately at start: as a dependency it would take over the C++ exceptions of C programs that load
// throwing plugins.
#include <dlfcn.h>

#include "core/base/tally.hpp"
#include "core/stack/stack.hpp"

namespace weir::stack {
namespace {

using Backtrace = int(void** buffer, int size) noexcept;
constinit Backtrace* g_backtrace{};

}  // namespace

void begin() noexcept {
  void* library = dlopen("libunwind.so.8", RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return;
  auto* found = reinterpret_cast<Backtrace*>(dlsym(library, "unw_backtrace"));
  if (found == nullptr) return;
  void* warm[4];
  found(warm, 4);  // makes its start-up work happen now, not inside the program's first malloc
  store_release(g_backtrace, found);
}

const char* unwinder_name() noexcept { return g_backtrace != nullptr ? "libunwind" : "caller only (libunwind.so.8 not found)"; }

Stack capture(const Caller& caller, std::size_t depth, Buffer& buffer) noexcept {
  // acquire: pairs with begin(); before it there is no unwinder.
  Backtrace* backtrace = load_acquire(g_backtrace);
  if (backtrace != nullptr) [[likely]] {
    const std::size_t wanted = depth + kMaxOwnFrames;
    const int found = backtrace(reinterpret_cast<void**>(buffer), static_cast<int>(wanted));
    const std::size_t count = found > 0 ? static_cast<std::size_t>(found) : 0;
    for (std::size_t own = 0; own != kMaxOwnFrames && own < count; ++own) {
      if (buffer[own] != caller.return_address) continue;
      std::size_t kept = count - own;
      while (kept > 1 && buffer[own + kept - 1] == 0) --kept;  // some stacks end in a null return address
      const bool truncated = kept > depth || count == wanted;
      return {{buffer + own, kept > depth ? depth : kept}, truncated, false};
    }
  }
  buffer[0] = caller.return_address;
  return {{buffer, 1}, false, true};
}

}  // namespace weir::stack
