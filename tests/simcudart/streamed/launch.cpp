// Starting kernels. Compiled twice: see CMakeLists.txt.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"
#include "module/registry.hpp"

// What <<<>>> becomes; declared in crt/device_functions.h, which only a compiler for CUDA can read.
#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM)
#define __cudaLaunchKernel __cudaLaunchKernel_ptsz
#endif
extern "C" cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments,
                                          size_t shared_bytes, cudaStream_t stream);

using namespace simcudart;

namespace {

CUresult launch(CUfunction function, dim3 grid, dim3 block, void** arguments, size_t shared_bytes,
                cudaStream_t stream) {
  return STREAMED(cuLaunchKernel, 4000)(function, grid.x, grid.y, grid.z, block.x, block.y, block.z,
                                        static_cast<unsigned>(shared_bytes), stream, arguments, nullptr);
}

/// A shape that no device has is the runtime's own error.
cudaError_t error_of_launch(CUresult result, dim3 grid, dim3 block) {
  const bool empty =
      grid.x == 0 || grid.y == 0 || grid.z == 0 || block.x == 0 || block.y == 0 || block.z == 0;
  return result == CUDA_ERROR_INVALID_VALUE && empty ? cudaErrorInvalidConfiguration : error_of(result);
}

/// Calls start with the driver's function for a host function.
template <typename Start>
cudaError_t with_function(const void* host_function, Start start) {
  return in_context([&]() -> cudaError_t {
    CUfunction function = nullptr;
    const cudaError_t error = find_function(host_function, &function);
    return error != cudaSuccess ? error : start(function);
  });
}

}  // namespace

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments,
                               size_t shared_bytes, cudaStream_t stream) {
  return in_context([&]() -> cudaError_t {
    if (kernel == nullptr) return cudaErrorInvalidDeviceFunction;
    const auto function = reinterpret_cast<CUfunction>(kernel);
    return error_of_launch(launch(function, grid, block, arguments, shared_bytes, stream), grid, block);
  });
}

cudaError_t cudaLaunchKernel(const void* host_function, dim3 grid, dim3 block, void** arguments,
                             size_t shared_bytes, cudaStream_t stream) {
  return with_function(host_function, [&](CUfunction function) {
    return error_of_launch(launch(function, grid, block, arguments, shared_bytes, stream), grid, block);
  });
}

cudaError_t cudaLaunchCooperativeKernel(const void* host_function, dim3 grid, dim3 block, void** arguments,
                                        size_t shared_bytes, cudaStream_t stream) {
  return with_function(host_function, [&](CUfunction function) {
    return error_of_launch(
        STREAMED(cuLaunchCooperativeKernel, 9000)(function, grid.x, grid.y, grid.z, block.x, block.y, block.z,
                                                  static_cast<unsigned>(shared_bytes), stream, arguments),
        grid, block);
  });
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* host_function,
                                void** arguments) {
  return with_function(host_function, [&](CUfunction function) {
    CUlaunchConfig wanted{};
    wanted.gridDimX = config->gridDim.x;
    wanted.gridDimY = config->gridDim.y;
    wanted.gridDimZ = config->gridDim.z;
    wanted.blockDimX = config->blockDim.x;
    wanted.blockDimY = config->blockDim.y;
    wanted.blockDimZ = config->blockDim.z;
    wanted.sharedMemBytes = static_cast<unsigned>(config->dynamicSmemBytes);
    wanted.hStream = config->stream;
    wanted.attrs = same<CUlaunchAttribute>(config->attrs);
    wanted.numAttrs = config->numAttrs;
    return error_of_launch(STREAMED(cuLaunchKernelEx, 11060)(&wanted, function, arguments, nullptr),
                           config->gridDim, config->blockDim);
  });
}
