#include "core/engine/company.hpp"

#include "core/base/text.hpp"
#include "core/engine/foreign.hpp"
#include "core/engine/state.hpp"

namespace weir::engine {
namespace {

constexpr const char* kFamily[] = {"malloc", "free", "calloc", "realloc"};

void note_sanitizer() noexcept {
  char bytes[200];
  TextBuffer line{bytes};
  line << sanitizer() << " keeps its own malloc, which weir leaves in place: no host block is recorded";
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

void note_other_allocators() noexcept {
  if (sanitizer() != nullptr) return note_sanitizer();
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
