// Questions about kernels and variables; occupancy.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"
#include "module/registry.hpp"

using namespace simcudart;

namespace {

/// Calls body with the driver's function for a host function.
template <typename Body>
cudaError_t with_function(const void* host_function, Body body) {
  return in_context([&]() -> cudaError_t {
    CUfunction function = nullptr;
    const cudaError_t error = find_function(host_function, &function);
    return error != cudaSuccess ? error : error_of(body(function));
  });
}

int attribute_of(CUfunction function, CUfunction_attribute which) {
  int value = 0;
  return DRIVER(cuFuncGetAttribute, 2020)(&value, which, function) == CUDA_SUCCESS ? value : 0;
}

}  // namespace

cudaError_t cudaGetSymbolAddress(void** out, const void* symbol) {
  return in_context([&] {
    CUdeviceptr address = 0;
    size_t bytes = 0;
    const cudaError_t error = find_symbol(symbol, &address, &bytes);
    if (error == cudaSuccess) *out = reinterpret_cast<void*>(address);
    return error;
  });
}

cudaError_t cudaGetSymbolSize(size_t* out, const void* symbol) {
  return in_context([&] {
    CUdeviceptr address = 0;
    size_t bytes = 0;
    const cudaError_t error = find_symbol(symbol, &address, &bytes);
    if (error == cudaSuccess) *out = bytes;
    return error;
  });
}

cudaError_t cudaGetFuncBySymbol(cudaFunction_t* out, const void* host_function) {
  return with_function(host_function, [&](CUfunction function) {
    return DRIVER(cuKernelGetFunction, 12000)(out, reinterpret_cast<CUkernel>(function));
  });
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* out, const void* host_function) {
  return with_function(host_function, [&](CUfunction function) {
    cudaFuncAttributes found{};
    found.sharedSizeBytes = attribute_of(function, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
    found.constSizeBytes = attribute_of(function, CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES);
    found.localSizeBytes = attribute_of(function, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);
    found.maxThreadsPerBlock = attribute_of(function, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
    found.numRegs = attribute_of(function, CU_FUNC_ATTRIBUTE_NUM_REGS);
    found.ptxVersion = attribute_of(function, CU_FUNC_ATTRIBUTE_PTX_VERSION);
    found.binaryVersion = attribute_of(function, CU_FUNC_ATTRIBUTE_BINARY_VERSION);
    found.maxDynamicSharedSizeBytes = attribute_of(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
    *out = found;
    return CUDA_SUCCESS;
  });
}

cudaError_t cudaFuncSetAttribute(const void* host_function, cudaFuncAttribute which, int value) {
  return with_function(host_function, [&](CUfunction function) {
    return DRIVER(cuFuncSetAttribute, 9000)(function, same<CUfunction_attribute>(which), value);
  });
}

cudaError_t cudaFuncSetCacheConfig(const void* host_function, cudaFuncCache config) {
  return with_function(host_function, [&](CUfunction function) {
    return DRIVER(cuFuncSetCacheConfig, 3000)(function, same<CUfunc_cache>(config));
  });
}

cudaError_t cudaFuncGetName(const char** out, const void* host_function) {
  return with_function(host_function,
                       [&](CUfunction function) { return DRIVER(cuFuncGetName, 12030)(out, function); });
}

cudaError_t cudaFuncGetParamInfo(const void* host_function, size_t index, size_t* offset, size_t* bytes) {
  return with_function(host_function, [&](CUfunction function) {
    return DRIVER(cuFuncGetParamInfo, 12040)(function, index, offset, bytes);
  });
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void* host_function,
                                                                   int threads, size_t shared_bytes,
                                                                   unsigned flags) {
  return with_function(host_function, [&](CUfunction function) {
    return DRIVER(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, 7000)(blocks, function, threads,
                                                                              shared_bytes, flags);
  });
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* host_function, int threads,
                                                          size_t shared_bytes) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, host_function, threads, shared_bytes,
                                                                0);
}

cudaError_t cudaOccupancyAvailableDynamicSMemPerBlock(size_t* bytes, const void* host_function, int blocks,
                                                      int threads) {
  return with_function(host_function, [&](CUfunction function) {
    return DRIVER(cuOccupancyAvailableDynamicSMemPerBlock, 10020)(bytes, function, blocks, threads);
  });
}
