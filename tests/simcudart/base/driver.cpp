#include "base/driver.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <mutex>

#include "base/log.hpp"
#include "base/state.hpp"

namespace simcudart {
namespace {

constexpr int kOldestDriver = 13000;

PFN_cuGetProcAddress_v12000 g_lookup;

// Stands in for an entry point that the driver does not have, whatever its parameters: the caller cleans the stack.
CUresult missing() { return CUDA_ERROR_NOT_SUPPORTED; }

CUresult open_and_start() {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW);
  if (driver == nullptr) return CUDA_ERROR_NO_DEVICE;
  g_lookup = reinterpret_cast<PFN_cuGetProcAddress_v12000>(dlsym(driver, "cuGetProcAddress_v2"));
  if (g_lookup == nullptr) return CUDA_ERROR_STUB_LIBRARY;
  int version = 0;
  CUresult result = DRIVER(cuDriverGetVersion, 2020)(&version);
  if (result != CUDA_SUCCESS) return result;
  if (version < kOldestDriver) return CUDA_ERROR_SYSTEM_DRIVER_MISMATCH;
  result = DRIVER(cuInit, 2000)(0);
  // From here on exit() makes the runtime say that it is unloading, before what the program registered earlier runs.
  if (result == CUDA_SUCCESS) std::atexit(begin_exit);
  return result;
}

}  // namespace

void* entry_point(const char* name, int version, cuuint64_t flags) {
  void* found = nullptr;
  CUdriverProcAddressQueryResult status{};
  const CUresult result = g_lookup(name, &found, version, flags, &status);
  if (result == CUDA_SUCCESS && found != nullptr) return found;
  say("the driver has no %s (version %d, flags %d)", name, version, static_cast<int>(flags));
  return reinterpret_cast<void*>(&missing);
}

CUresult start_driver() {
  static std::once_flag once;
  static CUresult result;
  std::call_once(once, [] { result = open_and_start(); });
  return result;
}

PFN_cuGetProcAddress_v12000 driver_lookup() { return g_lookup; }

}  // namespace simcudart
