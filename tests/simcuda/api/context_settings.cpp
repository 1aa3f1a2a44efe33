// What a context remembers: flags, limits, cache preferences.
#include <cuda.h>

#include "base/entry.hpp"
#include "base/lock.hpp"

using namespace simcuda;

extern "C" CUresult CUDAAPI cuCtxGetFlags(unsigned int* flags) {
  return in_context(__func__, [&](Context& context) {
    if (flags == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *flags = context.flags;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxSetFlags(unsigned int flags) {
  return in_context(__func__, [&](Context& context) {
    if ((flags & ~unsigned{CU_CTX_FLAGS_MASK}) != 0) return CUDA_ERROR_INVALID_VALUE;
    locked([&] { context.flags = flags; });
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxGetLimit(size_t* value, CUlimit limit) {
  return in_context(__func__, [&](Context& context) {
    if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (limit < 0 || limit >= CU_LIMIT_MAX) return CUDA_ERROR_UNSUPPORTED_LIMIT;
    *value = locked([&] { return context.limits[limit]; });
    return CUDA_SUCCESS;
  });
}

// The depth of nested launches is no limit from compute capability 9.0 on, which the simulated devices have.
extern "C" CUresult CUDAAPI cuCtxSetLimit(CUlimit limit, size_t value) {
  return in_context(__func__, [&](Context& context) {
    if (limit < 0 || limit >= CU_LIMIT_MAX) return CUDA_ERROR_UNSUPPORTED_LIMIT;
    if (limit == CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH) return CUDA_ERROR_UNSUPPORTED_LIMIT;
    locked([&] { context.limits[limit] = value; });
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxGetCacheConfig(CUfunc_cache* config) {
  return in_context(__func__, [&](Context& context) {
    if (config == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *config = context.cache_config;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxSetCacheConfig(CUfunc_cache config) {
  return in_context(__func__, [&](Context& context) {
    if (config > CU_FUNC_CACHE_PREFER_EQUAL) return CUDA_ERROR_INVALID_VALUE;
    context.cache_config = config;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxGetSharedMemConfig(CUsharedconfig* config) {
  return in_context(__func__, [&](Context& context) {
    if (config == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *config = context.shared_config;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxSetSharedMemConfig(CUsharedconfig config) {
  return in_context(__func__, [&](Context& context) {
    if (config > CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE) return CUDA_ERROR_INVALID_VALUE;
    context.shared_config = config;
    return CUDA_SUCCESS;
  });
}

// Smaller is more urgent.
extern "C" CUresult CUDAAPI cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return in_context(__func__, [&](Context&) {
    if (least != nullptr) *least = 0;
    if (greatest != nullptr) *greatest = -5;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxResetPersistingL2Cache() {
  return in_context(__func__, [](Context&) { return CUDA_SUCCESS; });
}

extern "C" CUresult CUDAAPI cuCtxGetExecAffinity(CUexecAffinityParam*, CUexecAffinityType) {
  return in_context(__func__, [](Context&) { return CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY; });
}
