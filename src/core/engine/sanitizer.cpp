// Is there a sanitizer? By itself, so that sanitized unit tests put their own answer in its place (tests/unit/engine/no_sanitizer.cpp).
#include "core/engine/company.hpp"
#include "core/engine/foreign.hpp"
#include "core/platform/platform.hpp"

namespace weir::engine {
namespace {

struct Sanitizer {
  const char* function;  ///< that only its runtime has
  const char* name;
};
constexpr Sanitizer kSanitizers[] = {
    {"__asan_init", "AddressSanitizer"}, {"__tsan_init", "ThreadSanitizer"},
    {"__msan_init", "MemorySanitizer"},  {"__hwasan_init", "HWAddressSanitizer"},
    {"__lsan_init", "LeakSanitizer"},
};
constinit const char* g_sanitizer{};

/// gcc links a runtime in without showing its own names: only what it puts in libc's place. No program has both of these.
bool is_linked_sanitizer(const link_map& program) noexcept {
  return platform::function_of(program, "malloc") != nullptr &&
         platform::function_of(program, "mcheck_pedantic") != nullptr;
}

}  // namespace

const char* find_sanitizer() noexcept {
  for (const Sanitizer& sanitizer : kSanitizers) {
    const link_map* runtime = platform::first_with(sanitizer.function);
    if (runtime == nullptr) continue;
    find_allocator_of(*runtime);
    return g_sanitizer = sanitizer.name;
  }
  const link_map* program = platform::first_object();
  if (program == nullptr || !is_linked_sanitizer(*program)) return nullptr;
  find_allocator_of(*program);
  return g_sanitizer = "a sanitizer";
}

const char* sanitizer() noexcept { return g_sanitizer; }

}  // namespace weir::engine
