// Memory pools. What allocates from them in stream order is in streamed/memory.cpp.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
  return in_context([&] { return DRIVER(cuDeviceGetDefaultMemPool, 11020)(pool, device); });
}

cudaError_t cudaDeviceGetMemPool(cudaMemPool_t* pool, int device) {
  return in_context([&] { return DRIVER(cuDeviceGetMemPool, 11020)(pool, device); });
}

cudaError_t cudaDeviceSetMemPool(int device, cudaMemPool_t pool) {
  return in_context([&] { return DRIVER(cuDeviceSetMemPool, 11020)(device, pool); });
}

cudaError_t cudaMemGetDefaultMemPool(cudaMemPool_t* pool, cudaMemLocation* where,
                                     cudaMemAllocationType type) {
  return in_context([&] {
    return DRIVER(cuMemGetDefaultMemPool, 13000)(pool, same<CUmemLocation>(where),
                                                 same<CUmemAllocationType>(type));
  });
}

cudaError_t cudaMemGetMemPool(cudaMemPool_t* pool, cudaMemLocation* where, cudaMemAllocationType type) {
  return in_context([&] {
    return DRIVER(cuMemGetMemPool, 13000)(pool, same<CUmemLocation>(where), same<CUmemAllocationType>(type));
  });
}

cudaError_t cudaMemSetMemPool(cudaMemLocation* where, cudaMemAllocationType type, cudaMemPool_t pool) {
  return in_context([&] {
    return DRIVER(cuMemSetMemPool, 13000)(same<CUmemLocation>(where), same<CUmemAllocationType>(type), pool);
  });
}

cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps* properties) {
  return in_context([&] { return DRIVER(cuMemPoolCreate, 11020)(pool, same<CUmemPoolProps>(properties)); });
}

cudaError_t cudaMemPoolDestroy(cudaMemPool_t pool) {
  return in_context([&] { return DRIVER(cuMemPoolDestroy, 11020)(pool); });
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, size_t keep) {
  return in_context([&] { return DRIVER(cuMemPoolTrimTo, 11020)(pool, keep); });
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr which, void* value) {
  return in_context(
      [&] { return DRIVER(cuMemPoolSetAttribute, 11020)(pool, same<CUmemPool_attribute>(which), value); });
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr which, void* value) {
  return in_context(
      [&] { return DRIVER(cuMemPoolGetAttribute, 11020)(pool, same<CUmemPool_attribute>(which), value); });
}

cudaError_t cudaMemPoolSetAccess(cudaMemPool_t pool, const cudaMemAccessDesc* list, size_t count) {
  return in_context(
      [&] { return DRIVER(cuMemPoolSetAccess, 11020)(pool, same<CUmemAccessDesc>(list), count); });
}

cudaError_t cudaMemPoolGetAccess(cudaMemAccessFlags* flags, cudaMemPool_t pool, cudaMemLocation* where) {
  return in_context([&] {
    return DRIVER(cuMemPoolGetAccess, 11020)(same<CUmemAccess_flags>(flags), pool,
                                             same<CUmemLocation>(where));
  });
}

cudaError_t cudaMemPoolExportToShareableHandle(void* handle, cudaMemPool_t pool,
                                               cudaMemAllocationHandleType type, unsigned flags) {
  return in_context([&] {
    return DRIVER(cuMemPoolExportToShareableHandle, 11020)(handle, pool,
                                                           same<CUmemAllocationHandleType>(type), flags);
  });
}

cudaError_t cudaMemPoolImportFromShareableHandle(cudaMemPool_t* pool, void* handle,
                                                 cudaMemAllocationHandleType type, unsigned flags) {
  return in_context([&] {
    return DRIVER(cuMemPoolImportFromShareableHandle, 11020)(pool, handle,
                                                             same<CUmemAllocationHandleType>(type), flags);
  });
}

cudaError_t cudaMemPoolExportPointer(cudaMemPoolPtrExportData* data, void* pointer) {
  return in_context([&] {
    return DRIVER(cuMemPoolExportPointer, 11020)(same<CUmemPoolPtrExportData>(data), address_of(pointer));
  });
}

cudaError_t cudaMemPoolImportPointer(void** pointer, cudaMemPool_t pool, cudaMemPoolPtrExportData* data) {
  return in_context([&] {
    return DRIVER(cuMemPoolImportPointer, 11020)(address_out(pointer), pool,
                                                 same<CUmemPoolPtrExportData>(data));
  });
}
