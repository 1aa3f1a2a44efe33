#define UNW_LOCAL_ONLY
#include <dlfcn.h>
#include <libunwind.h>

#include "judge.hpp"

namespace weir::judge {
namespace {

constinit decltype(&unw_init_local) g_init_local{};
constinit decltype(&unw_step) g_step{};
constinit decltype(&unw_get_reg) g_get_reg{};

#define WEIR_NAME_OF_(function) #function
#define WEIR_NAME_OF(function) WEIR_NAME_OF_(function)  // libunwind.h renames its functions

template <class Function>
bool find(void* library, const char* name, Function& out) noexcept {
  out = reinterpret_cast<Function>(dlsym(library, name));
  return out != nullptr;
}

}  // namespace

bool load_libunwind() noexcept {
  void* library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  return library != nullptr && find(library, WEIR_NAME_OF(unw_init_local), g_init_local) &&
         find(library, WEIR_NAME_OF(unw_step), g_step) && find(library, WEIR_NAME_OF(unw_get_reg), g_get_reg);
}

std::size_t unwind(const stack::Caller& caller, std::span<std::uintptr_t> out) noexcept {
  const auto callers_rsp = reinterpret_cast<std::uintptr_t>(caller.slot + 1);
  unw_context_t context;
  unw_cursor_t cursor;
  getcontext(&context);
  g_init_local(&cursor, &context);
  std::size_t count = 0;
  while (count != out.size() && g_step(&cursor) > 0) {
    unw_word_t pc = 0, rsp = 0;
    g_get_reg(&cursor, UNW_REG_IP, &pc);
    g_get_reg(&cursor, UNW_REG_SP, &rsp);
    if (pc == 0) break;
    if (count != 0 || rsp == callers_rsp) out[count++] = pc;
  }
  return count;
}

}  // namespace weir::judge
