// Device management: count, choice, reset, flags, limits, peers.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

cudaError_t cudaDriverGetVersion(int* version) {
  if (version == nullptr) return remember(cudaErrorInvalidValue);
  *version = 0;  // without a driver that is the answer, and no error
  if (exiting() || start_driver() != CUDA_SUCCESS) return cudaSuccess;
  return in_driver([&] { return DRIVER(cuDriverGetVersion, 2020)(version); });
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  if (version == nullptr) return remember(cudaErrorInvalidValue);
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int* count) {
  if (count == nullptr) return remember(cudaErrorInvalidValue);
  *count = 0;
  return in_driver([&] {
    const CUresult result = DRIVER(cuDeviceGetCount, 2000)(count);
    return result == CUDA_SUCCESS && *count == 0 ? CUDA_ERROR_NO_DEVICE : result;
  });
}

cudaError_t cudaSetDevice(int device) {
  return in_driver([&] { return choose_device(device); });
}

cudaError_t cudaInitDevice(int device, unsigned flags, unsigned which) {
  return in_driver([&]() -> cudaError_t {
    if ((which & cudaInitDeviceFlagsAreValid) == 0) return choose_device(device);
    const CUresult result = DRIVER(cuDevicePrimaryCtxSetFlags, 11000)(device, flags);
    return result == CUDA_SUCCESS ? choose_device(device) : error_of(result);
  });
}

cudaError_t cudaGetDevice(int* device) {
  if (device == nullptr) return remember(cudaErrorInvalidValue);
  return in_driver([&] {
    *device = current_device();
    return cudaSuccess;
  });
}

cudaError_t cudaSetValidDevices(int* devices, int count) {
  return in_driver([&] {
    for (int i = 0; i < count; ++i)
      if (devices[i] < 0 || devices[i] >= device_count()) return cudaErrorInvalidDevice;
    return count > 0 ? choose_device(devices[0]) : cudaSuccess;
  });
}

cudaError_t cudaChooseDevice(int* device, const cudaDeviceProp*) {
  if (device == nullptr) return remember(cudaErrorInvalidValue);
  *device = 0;  // all simulated devices are alike
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
  return in_context([] { return DRIVER(cuCtxSynchronize, 2000)(); });
}

cudaError_t cudaDeviceReset() { return in_driver(reset_device); }

cudaError_t cudaSetDeviceFlags(unsigned flags) {
  return in_driver([&] { return set_flags(flags); });
}

cudaError_t cudaGetDeviceFlags(unsigned* flags) {
  return in_driver([&] {
    int active = 0;
    return DRIVER(cuDevicePrimaryCtxGetState, 7000)(current_device(), flags, &active);
  });
}

cudaError_t cudaDeviceSetLimit(cudaLimit limit, size_t value) {
  return in_context([&] { return DRIVER(cuCtxSetLimit, 3010)(same<CUlimit>(limit), value); });
}

cudaError_t cudaDeviceGetLimit(size_t* value, cudaLimit limit) {
  return in_context([&] { return DRIVER(cuCtxGetLimit, 3010)(value, same<CUlimit>(limit)); });
}

cudaError_t cudaDeviceSetCacheConfig(cudaFuncCache config) {
  return in_context([&] { return DRIVER(cuCtxSetCacheConfig, 3020)(same<CUfunc_cache>(config)); });
}

cudaError_t cudaDeviceGetCacheConfig(cudaFuncCache* config) {
  return in_context([&] { return DRIVER(cuCtxGetCacheConfig, 3020)(same<CUfunc_cache>(config)); });
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  return in_context([&] { return DRIVER(cuCtxGetStreamPriorityRange, 5050)(least, greatest); });
}

cudaError_t cudaDeviceGetByPCIBusId(int* device, const char* id) {
  return in_driver([&] { return DRIVER(cuDeviceGetByPCIBusId, 4010)(device, id); });
}

cudaError_t cudaDeviceGetPCIBusId(char* id, int bytes, int device) {
  return in_driver([&] { return DRIVER(cuDeviceGetPCIBusId, 4010)(id, bytes, device); });
}

cudaError_t cudaDeviceCanAccessPeer(int* can, int device, int peer) {
  return in_driver([&] { return DRIVER(cuDeviceCanAccessPeer, 4000)(can, device, peer); });
}

cudaError_t cudaDeviceGetP2PAttribute(int* value, cudaDeviceP2PAttr attribute, int from, int to) {
  return in_driver([&] {
    return DRIVER(cuDeviceGetP2PAttribute, 8000)(value, same<CUdevice_P2PAttribute>(attribute), from, to);
  });
}

namespace {

/// Calls body with the primary context of another device.
template <typename Body>
cudaError_t with_peer(int device, Body body) {
  return in_context([&]() -> CUresult {
    CUcontext peer = nullptr;
    const CUresult result = primary_context(device, &peer);
    return result == CUDA_SUCCESS ? body(peer) : result;
  });
}

}  // namespace

cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned flags) {
  return with_peer(peer,
                   [&](CUcontext context) { return DRIVER(cuCtxEnablePeerAccess, 4000)(context, flags); });
}

cudaError_t cudaDeviceDisablePeerAccess(int peer) {
  return with_peer(peer, [&](CUcontext context) { return DRIVER(cuCtxDisablePeerAccess, 4000)(context); });
}
