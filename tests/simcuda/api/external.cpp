// External memory by opaque file descriptor. Mipmapped arrays on it are not simulated, nor are semaphores.
#include <cuda.h>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "memory/external.hpp"

using namespace simcuda;
using namespace simcuda::memory;

extern "C" CUresult CUDAAPI cuImportExternalMemory(CUexternalMemory* handle,
                                                   const CUDA_EXTERNAL_MEMORY_HANDLE_DESC* wanted) {
  return in_context(__func__, [&](Context&) -> CUresult {
    if (handle == nullptr || wanted == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return import_external(handle, *wanted); });
  });
}

extern "C" CUresult CUDAAPI cuExternalMemoryGetMappedBuffer(CUdeviceptr* base, CUexternalMemory handle,
                                                            const CUDA_EXTERNAL_MEMORY_BUFFER_DESC* wanted) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    if (base == nullptr || wanted == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return map_buffer(base, handle, *wanted, context); });
  });
}

extern "C" CUresult CUDAAPI cuDestroyExternalMemory(CUexternalMemory handle) {
  return in_context(__func__, [&](Context&) { return locked([&] { return destroy_external(handle); }); });
}
