// CUDA's driver seen from between it and the program: a wrapper of every function that hands out memory or takes it back,
// and the answers of dlsym and cuGetProcAddress that lead to them.
//
// This is what the exported functions call. The driver is the program's: nothing here loads it, and nothing calls it
// before the program does.
//
// Safety: any thread, any time; no lock of weir is held while the driver or the loader is called.
#pragma once

#include <cstdint>

extern "C" {

// For the assembly behind the exported functions; indices are rows of functions.inc.
/// Where an exported function leads when it is called from `from`: to its wrapper, or to a function of the program's that only
/// has the same name. `entry`: the export's jump, which is led there for good where that is the same for every caller.
[[gnu::visibility("hidden")]] void* weir_enter_linked(std::uint32_t row, const void* from, void** entry);
[[gnu::visibility("hidden")]] extern void* weir_real_dlsym;  ///< null until weir_find_loader()
[[gnu::visibility("hidden")]] extern void* weir_real_dlopen;
[[gnu::visibility(
    "hidden")]] extern std::uint32_t weir_scan_pending;  ///< not 0: call weir_scan_objects() when you can

/// What dlsym has to say; `is_given` 0: ask the real one.
struct weir_answer {
  void* address;
  std::uint64_t is_given;
};
/// For a name that begins with "cu" and a handle other than RTLD_NEXT. `from` is an address within the caller.
[[gnu::visibility("hidden")]] weir_answer weir_answer_dlsym(void* handle, const char* name, const void* from);
/// A dlopen with RTLD_DEEPBIND is about to happen; returns the flags that it is to have.
[[gnu::visibility("hidden")]] int weir_begin_deepbind(const char* path, int flags);
/// Leads what objects opened with RTLD_DEEPBIND have bound past us back to us.
[[gnu::visibility("hidden")]] void weir_scan_objects();
/// Finds the two real functions.
[[gnu::visibility("hidden")]] void weir_find_loader();
}
