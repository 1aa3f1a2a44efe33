// What the code that nvcc generates calls: before main() to register, at exit to unregister, and around <<<>>>.
#include <cuda_runtime_api.h>

#include <vector>

#include "base/state.hpp"
#include "module/registry.hpp"

// Declared in crt/host_runtime.h and crt/device_functions.h, which only a compiler for CUDA can read.
extern "C" {
void** __cudaRegisterFatBinary(void* wrapper);
void __cudaRegisterFatBinaryEnd(void** handle);
void __cudaUnregisterFatBinary(void** handle);
void __cudaRegisterFunction(void** handle, const char* host_function, char* device_function, const char* name,
                            int thread_limit, uint3* thread, uint3* block, dim3* block_size, dim3* grid_size,
                            int* warp);
void __cudaRegisterVar(void** handle, char* symbol, char* device_address, const char* name, int ext,
                       size_t bytes, int constant, int global);
void __cudaRegisterManagedVar(void** handle, void** pointer, char* device_address, const char* name, int ext,
                              size_t bytes, int constant, int global);
char __cudaInitModule(void** handle);
unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared_bytes, CUstream_st* stream);
cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared_bytes, void* stream);
cudaError_t __cudaGetKernel(cudaKernel_t* out, const void* host_function);
}

using namespace simcudart;

namespace {

// What stands between <<< and >>>, until the kernel's host stub takes it.
struct LaunchShape {
  dim3 grid, block;
  size_t shared_bytes;
  cudaStream_t stream;
};
thread_local std::vector<LaunchShape> t_shapes;

}  // namespace

void** __cudaRegisterFatBinary(void* wrapper) { return register_image(wrapper); }

void __cudaRegisterFatBinaryEnd(void**) {}

void __cudaUnregisterFatBinary(void** handle) { unregister_image(handle); }

void __cudaRegisterFunction(void** handle, const char* host_function, char*, const char* name, int, uint3*,
                            uint3*, dim3*, dim3*, int*) {
  register_kernel(handle, host_function, name);
}

void __cudaRegisterVar(void** handle, char* symbol, char*, const char* name, int, size_t, int, int) {
  register_variable(handle, symbol, name);
}

void __cudaRegisterManagedVar(void** handle, void** pointer, char*, const char* name, int, size_t, int, int) {
  register_managed(handle, pointer, name);
}

char __cudaInitModule(void** handle) {
  return in_context([&] { return place_managed(handle); }) == cudaSuccess;
}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared_bytes, CUstream_st* stream) {
  t_shapes.push_back({grid, block, shared_bytes, stream});
  return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared_bytes, void* stream) {
  if (t_shapes.empty()) return remember(cudaErrorMissingConfiguration);
  const LaunchShape shape = t_shapes.back();
  t_shapes.pop_back();
  *grid = shape.grid;
  *block = shape.block;
  *shared_bytes = shape.shared_bytes;
  *static_cast<cudaStream_t*>(stream) = shape.stream;
  return cudaSuccess;
}

cudaError_t __cudaGetKernel(cudaKernel_t* out, const void* host_function) {
  return in_context([&] { return find_kernel(host_function, reinterpret_cast<CUkernel*>(out)); });
}

cudaError_t cudaGetKernel(cudaKernel_t* out, const void* host_function) {
  return __cudaGetKernel(out, host_function);
}
