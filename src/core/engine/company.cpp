#include "core/engine/company.hpp"

#include "core/base/text.hpp"
#include "core/engine/foreign.hpp"
#include "core/engine/state.hpp"

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

constexpr const char* kFamily[] = {"malloc", "free", "calloc", "realloc"};

/// gcc links a runtime in without showing its own names: only what it puts in libc's place. No program has both of these.
bool is_linked_sanitizer(const link_map& program) noexcept {
  return platform::function_of(program, "malloc") != nullptr &&
         platform::function_of(program, "mcheck_pedantic") != nullptr;
}

void note_sanitizer() noexcept {
  char bytes[200];
  TextBuffer line{bytes};
  line << g_sanitizer << " keeps its own malloc, which weir leaves in place: no host block is recorded";
  warn(line.view());
}

void note_first(const link_map& object, const char* function) noexcept {
  char bytes[1200];
  TextBuffer line{bytes};
  const std::string_view path = platform::name_of(object);
  line << "the " << function << " of " << (path.empty() ? "the program itself" : path)
       << " comes before weir's: blocks that it does not get from weir are not recorded";
  warn(line.view());
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

void note_other_allocators() noexcept {
  if (g_sanitizer != nullptr) return note_sanitizer();
  for (const char* function : kFamily) {
    const link_map* first = platform::first_with(function);
    if (first == nullptr || platform::is_own(*first)) continue;
    note_first(*first, function);
    break;
  }
  // valgrind's tools bring a malloc as a library, and lead the calls of every other one there.
  for (const std::string_view tool : {"vgpreload_memcheck", "vgpreload_helgrind", "vgpreload_drd",
                                      "vgpreload_massif", "vgpreload_dhat", "vgpreload_exp-"})
    if (platform::first_named(tool) != nullptr)
      warn("valgrind leads calls of malloc to its own: those blocks are not recorded");
}

}  // namespace weir::engine
