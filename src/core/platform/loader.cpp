#include "core/platform/loader.hpp"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include <atomic>
#include <string_view>

#include "core/base/bits.hpp"
#include "core/base/tally.hpp"
#include "core/platform/dynamic_symbols.hpp"
#include "core/platform/files.hpp"
#include "core/platform/mapped_code.hpp"
#include "core/platform/mappings.hpp"
#include "core/platform/raw.hpp"

namespace weir::platform {
namespace {

/// What _dl_find_object fills in, on x86-64. Not from a header: an older glibc's has no such struct.
struct FoundObject {
  unsigned long long flags;
  void* begin;
  void* end;
  link_map* map;
  void* frame_index;
  unsigned long long reserved[7];
};
using FindObject = int(void* address, FoundObject* found);

constinit std::atomic<FindObject*> g_find_object{};
constinit std::atomic<bool> g_has_met{};
constinit bool g_without{};  ///< for tests

/// dlsym would take the loader's lock, and allocate where there is no such function.
FindObject* look_for_find_object() noexcept {
  for (const link_map* object = _r_debug.r_map; object != nullptr; object = object->l_next)
    if (void* found = symbols_of(*object).find("_dl_find_object"))
      return reinterpret_cast<FindObject*>(found);
  return nullptr;
}

FindObject* find_object_function() noexcept {
  if (!g_has_met.load(std::memory_order_acquire)) meet_loader();
  return g_without ? nullptr : g_find_object.load(std::memory_order_relaxed);
}

bool ask_glibc(FindObject* function, std::uintptr_t at, LoadedObject& out) noexcept {
  FoundObject found;
  if (function(reinterpret_cast<void*>(at), &found) != 0) return false;
  out = {.base = found.map->l_addr,
         .begin = address_of(found.begin),
         .end = address_of(found.end),
         .name = found.map->l_name != nullptr ? found.map->l_name : "",
         .frame_index = static_cast<const std::uint8_t*>(found.frame_index)};
  return true;
}

constinit std::uintptr_t g_loader_begin{}, g_loader_end{};

/// Where the loader begins to run. The kernel says where it is, unless it was started as a command.
std::uintptr_t loaders_code() noexcept {
  const std::uintptr_t said = getauxval(AT_BASE);  // no allocation: man 3 getauxval
  const std::uintptr_t base = said != 0 ? said : _r_debug.r_ldbase;
  return base + reinterpret_cast<const ElfW(Ehdr)*>(base)->e_entry;
}

}  // namespace

void meet_loader() noexcept {
  g_find_object.store(look_for_find_object(), std::memory_order_relaxed);
  g_has_met.store(true, std::memory_order_release);  // release: who sees it sees the function
}

std::size_t program_path(std::span<char> out) noexcept {
  const std::uintptr_t headers = getauxval(AT_PHDR);  // the loader puts the program's here
  if (getauxval(AT_BASE) == 0 && headers != 0) {
    Mappings mappings;
    Mapping mapping{};
    while (mappings.is_open() && mappings.next(mapping, out))
      if (headers - mapping.begin < mapping.end - mapping.begin && out[0] == '/')
        return std::string_view{out.data()}.size();
  }
  return link_target("/proc/self/exe", out);
}

bool find_object(std::uintptr_t pc, LoadedObject& out) noexcept {
  FindObject* function = find_object_function();
  return function != nullptr ? ask_glibc(function, pc, out) : find_mapped_object(pc, out);
}

bool find_known_object(std::uintptr_t at, LoadedObject& out) noexcept {
  FindObject* function = find_object_function();
  return function != nullptr ? ask_glibc(function, at, out) : find_known_mapped_object(at, out);
}

void object_may_be_gone() noexcept {
  if (find_object_function() == nullptr) forget_unmapped_objects();
}

bool is_loader(std::uintptr_t pc) noexcept {
  if (load_acquire(g_loader_end) == 0) {  // acquire: pairs with the release below
    LoadedObject loader;
    if (!find_object(loaders_code(), loader)) return false;
    store_relaxed(g_loader_begin, loader.begin);
    store_release(g_loader_end, loader.end);
  }
  return pc >= load_relaxed(g_loader_begin) && pc < load_relaxed(g_loader_end);
}

void reset_loader_lock() noexcept { reset_mapped_code_lock(); }

void do_without_glibcs_answer(bool without) noexcept { g_without = without; }

}  // namespace weir::platform
