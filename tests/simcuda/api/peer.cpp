// Who can reach whose memory.
#include <cuda.h>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "device/device.hpp"

using namespace simcuda;

extern "C" CUresult CUDAAPI cuDeviceCanAccessPeer(int* can, CUdevice from, CUdevice to) {
  return initialised(__func__, [&] {
    if (can == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (device_of(from) == nullptr || device_of(to) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    *can = can_access_peer(from, to) ? 1 : 0;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuDeviceGetP2PAttribute(int* value, CUdevice_P2PAttribute attribute,
                                                    CUdevice from, CUdevice to) {
  return initialised(__func__, [&] {
    if (device_of(from) == nullptr || device_of(to) == nullptr || from == to)
      return CUDA_ERROR_INVALID_DEVICE;
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const int can = can_access_peer(from, to) ? 1 : 0;
    switch (attribute) {
      case CU_DEVICE_P2P_ATTRIBUTE_PERFORMANCE_RANK: *value = 0; return CUDA_SUCCESS;
      case CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED:
      case CU_DEVICE_P2P_ATTRIBUTE_NATIVE_ATOMIC_SUPPORTED:
      case CU_DEVICE_P2P_ATTRIBUTE_CUDA_ARRAY_ACCESS_SUPPORTED: *value = can; return CUDA_SUCCESS;
      case CU_DEVICE_P2P_ATTRIBUTE_ONLY_PARTIAL_NATIVE_ATOMIC_SUPPORTED: *value = 0; return CUDA_SUCCESS;
    }
    return CUDA_ERROR_INVALID_VALUE;
  });
}

// The current context may reach the peer's memory, not the other way round.
extern "C" CUresult CUDAAPI cuCtxEnablePeerAccess(CUcontext handle, unsigned int flags) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    Context* peer = context_of(handle);
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    if (peer == nullptr || peer == &context) return CUDA_ERROR_INVALID_CONTEXT;
    if (!peer->alive) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
    if (!can_access_peer(context.device, peer->device)) return CUDA_ERROR_PEER_ACCESS_UNSUPPORTED;
    const bool added = locked([&] { return context.peers.insert(peer).second; });
    return added ? CUDA_SUCCESS : CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED;
  });
}

extern "C" CUresult CUDAAPI cuCtxDisablePeerAccess(CUcontext handle) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    Context* peer = context_of(handle);
    if (peer == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    const bool removed = locked([&] { return context.peers.erase(peer) == 1; });
    return removed ? CUDA_SUCCESS : CUDA_ERROR_PEER_ACCESS_NOT_ENABLED;
  });
}
