#include "base/state.hpp"

#include <atomic>
#include <mutex>
#include <vector>

#include "base/driver.hpp"

namespace simcudart {
namespace {

// One device's primary context. `retained`: the runtime holds it; a reset gives it up until the next call.
struct Primary {
  CUcontext context = nullptr;
  bool retained = false;
};

// Never destroyed: other threads may be in the runtime when the process ends.
struct Devices {
  std::mutex lock;
  std::vector<Primary> primaries;
};

Devices& devices() {
  static Devices& all = *new Devices;
  return all;
}

std::atomic<bool> g_exiting;
thread_local int t_device = 0;

// Under the lock.
CUresult retain(int device) {
  std::vector<Primary>& all = devices().primaries;
  const auto at = static_cast<std::size_t>(device);
  if (device >= 0 && at < all.size() && all[at].retained) return CUDA_SUCCESS;
  CUcontext context = nullptr;
  const CUresult result = DRIVER(cuDevicePrimaryCtxRetain, 7000)(&context, device);
  if (result != CUDA_SUCCESS) return result;
  if (all.size() <= at) all.resize(at + 1);
  all[at] = {context, true};
  return CUDA_SUCCESS;
}

CUresult use_primary(int device) {
  CUcontext context = nullptr;
  const CUresult result = primary_context(device, &context);
  return result != CUDA_SUCCESS ? result : DRIVER(cuCtxSetCurrent, 4000)(context);
}

// The device whose primary context this was before another thread reset it, or -1.
int reset_meanwhile(CUcontext context) {
  Devices& all = devices();
  const std::lock_guard hold{all.lock};
  for (std::size_t device = 0; device < all.primaries.size(); ++device) {
    const Primary& primary = all.primaries[device];
    if (primary.context == context && !primary.retained) return static_cast<int>(device);
  }
  return -1;
}

CUcontext current_context() {
  CUcontext context = nullptr;
  return DRIVER(cuCtxGetCurrent, 4000)(&context) == CUDA_SUCCESS ? context : nullptr;
}

}  // namespace

void begin_exit() { g_exiting.store(true, std::memory_order_relaxed); }
bool exiting() { return g_exiting.load(std::memory_order_relaxed); }

cudaError_t enter_driver() {
  if (exiting()) return cudaErrorCudartUnloading;
  const CUresult result = start_driver();
  // No driver library, or one that is a stub or too old, is one error for the program.
  if (driver_lookup() == nullptr) return cudaErrorInsufficientDriver;
  return error_of(result);
}

cudaError_t enter_context() {
  const cudaError_t error = enter_driver();
  if (error != cudaSuccess) return error;
  const CUcontext context = current_context();
  const int device = context == nullptr ? t_device : reset_meanwhile(context);
  return device < 0 ? cudaSuccess : error_of(use_primary(device));
}

int device_count() {
  int count = 0;
  return DRIVER(cuDeviceGetCount, 2000)(&count) == CUDA_SUCCESS ? count : 0;
}

int current_device() {
  CUdevice device = t_device;
  if (current_context() != nullptr && DRIVER(cuCtxGetDevice, 2000)(&device) == CUDA_SUCCESS) return device;
  return t_device;
}

cudaError_t choose_device(int device) {
  if (device < 0 || device >= device_count()) return cudaErrorInvalidDevice;
  t_device = device;
  return error_of(use_primary(device));
}

CUresult primary_context(int device, CUcontext* out) {
  Devices& all = devices();
  const std::lock_guard hold{all.lock};
  const CUresult result = retain(device);
  if (result == CUDA_SUCCESS) *out = all.primaries[device].context;
  return result;
}

cudaError_t reset_device() {
  const int device = current_device();
  Devices& all = devices();
  const std::lock_guard hold{all.lock};
  if (const CUresult result = retain(device); result != CUDA_SUCCESS) return error_of(result);
  const CUresult result = DRIVER(cuDevicePrimaryCtxReset, 7000)(device);
  DRIVER(cuCtxSetCurrent, 4000)(nullptr);
  DRIVER(cuDevicePrimaryCtxRelease, 7000)(device);
  all.primaries[device].retained = false;
  return error_of(result);
}

cudaError_t set_flags(unsigned flags) {
  return error_of(DRIVER(cuDevicePrimaryCtxSetFlags, 11000)(t_device, flags));
}

}  // namespace simcudart
