// Primary contexts: one per device, alive while somebody retains it.
#include <cuda.h>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "device/device.hpp"

namespace simcuda {
namespace {

constexpr unsigned kFlags = CU_CTX_FLAGS_MASK;

template <class Body>
CUresult with_primary(const char* name, CUdevice number, Body&& body) {
  return initialised(name, [&]() -> CUresult {
    Device* device = device_of(number);
    return device == nullptr ? CUDA_ERROR_INVALID_DEVICE : body(*device->primary);
  });
}

CUresult release(const char* name, CUdevice number) {
  return with_primary(name, number, [](Context& primary) -> CUresult {
    const int left = locked([&] { return primary.retained == 0 ? -1 : --primary.retained; });
    if (left < 0) return CUDA_ERROR_INVALID_CONTEXT;
    if (left == 0) end_life(primary);
    return CUDA_SUCCESS;
  });
}

// All that the context held goes, the retains stay; the next retain brings it to life again.
CUresult reset(const char* name, CUdevice number) {
  return with_primary(name, number, [](Context& primary) -> CUresult {
    end_life(primary);
    return CUDA_SUCCESS;
  });
}

CUresult set_flags(const char* name, CUdevice number, unsigned flags) {
  return with_primary(name, number, [&](Context& primary) -> CUresult {
    if ((flags & ~kFlags) != 0) return CUDA_ERROR_INVALID_VALUE;
    locked([&] { primary.flags = flags; });
    return CUDA_SUCCESS;
  });
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

extern "C" CUresult CUDAAPI cuDevicePrimaryCtxRetain(CUcontext* handle, CUdevice number) {
  return with_primary(__func__, number, [&](Context& primary) -> CUresult {
    if (handle == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const CUresult result = bring_to_life(primary, primary.flags);
    if (result != CUDA_SUCCESS) return result;
    locked([&] { ++primary.retained; });
    *handle = primary.handle();
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDevicePrimaryCtxRelease(CUdevice number) { return release(__func__, number); }
extern "C" CUresult CUDAAPI cuDevicePrimaryCtxRelease_v2(CUdevice number) {
  return release(__func__, number);
}
extern "C" CUresult CUDAAPI cuDevicePrimaryCtxReset(CUdevice number) { return reset(__func__, number); }
extern "C" CUresult CUDAAPI cuDevicePrimaryCtxReset_v2(CUdevice number) { return reset(__func__, number); }

extern "C" CUresult CUDAAPI cuDevicePrimaryCtxSetFlags(CUdevice number, unsigned int flags) {
  return set_flags(__func__, number, flags);
}
extern "C" CUresult CUDAAPI cuDevicePrimaryCtxSetFlags_v2(CUdevice number, unsigned int flags) {
  return set_flags(__func__, number, flags);
}

extern "C" CUresult CUDAAPI cuDevicePrimaryCtxGetState(CUdevice number, unsigned int* flags, int* active) {
  return with_primary(__func__, number, [&](Context& primary) -> CUresult {
    if (flags == nullptr || active == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *flags = primary.flags;
    *active = primary.alive ? 1 : 0;
    return CUDA_SUCCESS;
  });
}
