// Virtual memory management and multicast objects.
#include <cuda.h>

#include <cstdint>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "memory/properties.hpp"
#include "memory/vmm.hpp"

using namespace simcuda;
using namespace simcuda::memory;

namespace {

bool is_granularity(int option) {
  return option == CU_MEM_ALLOC_GRANULARITY_MINIMUM || option == CU_MEM_ALLOC_GRANULARITY_RECOMMENDED;
}

}  // namespace

extern "C" CUresult CUDAAPI cuMemAddressReserve(CUdeviceptr* base, size_t bytes, size_t alignment,
                                                CUdeviceptr hint, unsigned long long flags) {
  return initialised(__func__, [&]() -> CUresult {
    if (base == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return virtual_memory().reserve(base, bytes, alignment, hint); });
  });
}

extern "C" CUresult CUDAAPI cuMemAddressFree(CUdeviceptr base, size_t bytes) {
  return initialised(__func__,
                     [&] { return locked([&] { return virtual_memory().release_addresses(base, bytes); }); });
}

extern "C" CUresult CUDAAPI cuMemCreate(CUmemGenericAllocationHandle* handle, size_t bytes,
                                        const CUmemAllocationProp* properties, unsigned long long flags) {
  return initialised(__func__, [&]() -> CUresult {
    if (handle == nullptr || properties == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return virtual_memory().create(handle, bytes, *properties); });
  });
}

extern "C" CUresult CUDAAPI cuMemRelease(CUmemGenericAllocationHandle handle) {
  return initialised(__func__, [&] { return locked([&] { return virtual_memory().release(handle); }); });
}

extern "C" CUresult CUDAAPI cuMemRetainAllocationHandle(CUmemGenericAllocationHandle* handle, void* address) {
  return initialised(__func__, [&]() -> CUresult {
    if (handle == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return virtual_memory().retain(handle, reinterpret_cast<CUdeviceptr>(address)); });
  });
}

extern "C" CUresult CUDAAPI cuMemMap(CUdeviceptr base, size_t bytes, size_t offset,
                                     CUmemGenericAllocationHandle handle, unsigned long long flags) {
  return initialised(__func__, [&]() -> CUresult {
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return virtual_memory().map(base, bytes, offset, handle); });
  });
}

extern "C" CUresult CUDAAPI cuMemUnmap(CUdeviceptr base, size_t bytes) {
  return initialised(__func__, [&] { return locked([&] { return virtual_memory().unmap(base, bytes); }); });
}

extern "C" CUresult CUDAAPI cuMemSetAccess(CUdeviceptr base, size_t bytes, const CUmemAccessDesc* wanted,
                                           size_t count) {
  return initialised(__func__, [&]() -> CUresult {
    if (wanted == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return virtual_memory().set_access(base, bytes, {wanted, count}); });
  });
}

extern "C" CUresult CUDAAPI cuMemGetAccess(unsigned long long* flags, const CUmemLocation* location,
                                           CUdeviceptr address) {
  return initialised(__func__, [&]() -> CUresult {
    if (flags == nullptr || location == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return virtual_memory().access(flags, *location, address); });
  });
}

extern "C" CUresult CUDAAPI cuMemExportToShareableHandle(void* shareable, CUmemGenericAllocationHandle handle,
                                                         CUmemAllocationHandleType type,
                                                         unsigned long long flags) {
  return initialised(__func__, [&]() -> CUresult {
    if (shareable == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return virtual_memory().share(static_cast<int*>(shareable), handle, type); });
  });
}

extern "C" CUresult CUDAAPI cuMemImportFromShareableHandle(CUmemGenericAllocationHandle* handle,
                                                           void* shareable, CUmemAllocationHandleType type) {
  return initialised(__func__, [&]() -> CUresult {
    if (handle == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR) return CUDA_ERROR_NOT_SUPPORTED;
    auto descriptor = static_cast<int>(reinterpret_cast<std::intptr_t>(shareable));
    return locked([&] { return virtual_memory().import(handle, descriptor); });
  });
}

extern "C" CUresult CUDAAPI cuMemGetAllocationGranularity(size_t* granularity,
                                                          const CUmemAllocationProp* properties,
                                                          CUmemAllocationGranularity_flags option) {
  return initialised(__func__, [&]() -> CUresult {
    if (granularity == nullptr || properties == nullptr || !is_granularity(option)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    const CUresult result = check_properties(*properties);
    if (result == CUDA_SUCCESS) *granularity = kGranularity;
    return result;
  });
}

extern "C" CUresult CUDAAPI cuMemGetAllocationPropertiesFromHandle(CUmemAllocationProp* properties,
                                                                   CUmemGenericAllocationHandle handle) {
  return initialised(__func__, [&]() -> CUresult {
    if (properties == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&]() -> CUresult {
      const Allocation* allocation = virtual_memory().find(handle);
      if (allocation == nullptr) return CUDA_ERROR_INVALID_VALUE;
      *properties = allocation->properties;
      return CUDA_SUCCESS;
    });
  });
}

extern "C" CUresult CUDAAPI cuMulticastCreate(CUmemGenericAllocationHandle* handle,
                                              const CUmulticastObjectProp* properties) {
  return initialised(__func__, [&]() -> CUresult {
    if (handle == nullptr || properties == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return virtual_memory().create_team(handle, *properties); });
  });
}

extern "C" CUresult CUDAAPI cuMulticastAddDevice(CUmemGenericAllocationHandle team, CUdevice device) {
  return initialised(__func__,
                     [&] { return locked([&] { return virtual_memory().add_device(team, device); }); });
}

extern "C" CUresult CUDAAPI cuMulticastBindMem(CUmemGenericAllocationHandle team, size_t offset,
                                               CUmemGenericAllocationHandle memory, size_t memory_offset,
                                               size_t bytes, unsigned long long flags) {
  return initialised(__func__, [&]() -> CUresult {
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return virtual_memory().bind(team, offset, memory, memory_offset, bytes); });
  });
}

extern "C" CUresult CUDAAPI cuMulticastBindAddr(CUmemGenericAllocationHandle team, size_t offset,
                                                CUdeviceptr memory, size_t bytes, unsigned long long flags) {
  return initialised(__func__, [&]() -> CUresult {
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return virtual_memory().bind_address(team, offset, memory, bytes); });
  });
}

extern "C" CUresult CUDAAPI cuMulticastUnbind(CUmemGenericAllocationHandle team, CUdevice device,
                                              size_t offset, size_t bytes) {
  return initialised(
      __func__, [&] { return locked([&] { return virtual_memory().unbind(team, device, offset, bytes); }); });
}

extern "C" CUresult CUDAAPI cuMulticastGetGranularity(size_t* granularity,
                                                      const CUmulticastObjectProp* properties,
                                                      CUmulticastGranularity_flags option) {
  return initialised(__func__, [&]() -> CUresult {
    if (granularity == nullptr || properties == nullptr || !is_granularity(option)) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    *granularity = kGranularity;
    return CUDA_SUCCESS;
  });
}
