#include "core/cuda/loader.hpp"

#include <dlfcn.h>

#include "core/base/old_glibc.hpp"
#include "core/base/tally.hpp"
#include "core/cuda/cuda.hpp"
#include "core/cuda/function.hpp"

constinit void* weir_real_dlsym{};
constinit void* weir_real_dlopen{};

namespace weir::cuda {
namespace {

constinit void* g_driver{};

/// The next definition after ours: found by version, because we define the name, too.
void* find_next(const char* name) noexcept {
  for (const char* version : {"GLIBC_2.34", "GLIBC_2.2.5"})
    if (void* found = dlvsym(RTLD_NEXT, name, version)) return found;
  return nullptr;
}

/// For a driver that is not called what drivers are called.
void* library_of(const void* function) noexcept {
  Dl_info info;
  void* map = nullptr;
  return function != nullptr && dladdr1(function, &info, &map, RTLD_DL_LINKMAP) != 0 ? map : nullptr;
}

void* driver_handle() noexcept {
  void* handle = load_acquire(g_driver);
  if (handle != nullptr) return handle;
  if (load_acquire(weir_real_dlopen) == nullptr) weir_find_loader();
  auto* open = reinterpret_cast<void* (*)(const char*, int)>(load_acquire(weir_real_dlopen));
  handle = open("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
  if (handle == nullptr) handle = library_of(any_real());
  if (handle != nullptr) store_release(g_driver, handle);
  return handle;
}

}  // namespace

void* real_dlsym(void* handle, const char* name) noexcept {
  if (load_acquire(weir_real_dlsym) == nullptr) weir_find_loader();
  return reinterpret_cast<void* (*)(void*, const char*)>(load_acquire(weir_real_dlsym))(handle, name);
}

void* next_symbol(const char* name) noexcept { return real_dlsym(RTLD_NEXT, name); }

void* driver_symbol(const char* name) noexcept {
  void* handle = driver_handle();
  return handle != nullptr ? real_dlsym(handle, name) : next_symbol(name);
}

void* in_scope_of(const void* address, const char* name) noexcept {
  void* map = library_of(address);
  return map != nullptr ? real_dlsym(map, name) : nullptr;
}

bool may_be_drivers(const void* function) noexcept {
  return driver_handle() != nullptr || in_scope_of(function, "cuCtxGetCurrent") != nullptr;
}

}  // namespace weir::cuda

void weir_find_loader() {
  weir::store_release(weir_real_dlopen, weir::cuda::find_next("dlopen"));
  weir::store_release(weir_real_dlsym, weir::cuda::find_next("dlsym"));
}
