// What is asked of and set for functions and kernels, and how many fit on a multiprocessor.
#include "api/twins.hpp"
#include "device/device.hpp"
#include "module/models.hpp"

namespace simcuda {
namespace {

constexpr int kThreads = 1024, kThreadsOfProcessor = 2048, kBlocksOfProcessor = 32, kShared = 232448;

// Of a simulated kernel nothing is known but its parameters: it uses little of everything.
CUresult attribute(CUfunction_attribute which, int* value) {
  if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
  switch (which) {
    case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = kThreads; break;
    case CU_FUNC_ATTRIBUTE_NUM_REGS: *value = 16; break;
    case CU_FUNC_ATTRIBUTE_PTX_VERSION:
    case CU_FUNC_ATTRIBUTE_BINARY_VERSION: *value = 90; break;
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: *value = 49152; break;
    case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: *value = -1; break;
    default:
      if (which < 0 || which >= CU_FUNC_ATTRIBUTE_MAX) return CUDA_ERROR_INVALID_VALUE;
      *value = 0;
  }
  return CUDA_SUCCESS;
}

bool may_set(CUfunction_attribute which, int value) {
  switch (which) {
    case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: return value >= 0 && value <= kShared;
    case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: return value >= -1 && value <= 100;
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
    case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
    case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
    case CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE: return value >= 0;
    default: return false;
  }
}

CUresult parameter(const module::Code& code, size_t index, size_t* offset, size_t* bytes) {
  if (offset == nullptr || index >= code.parameters.size()) return CUDA_ERROR_INVALID_VALUE;
  *offset = code.parameters[index].offset;
  if (bytes != nullptr) *bytes = code.parameters[index].bytes;
  return CUDA_SUCCESS;
}

template <class Body>
CUresult with_function(Context& context, CUfunction handle, Body&& body) {
  const module::FunctionRef function = module::function_of(handle, context);
  return function ? body(*function) : CUDA_ERROR_INVALID_HANDLE;
}

template <class Body>
CUresult with_kernel(const char* name, CUkernel handle, Body&& body) {
  return initialised(name, [&]() -> CUresult {
    const auto code = module::code_of(handle);
    return code ? body(*code) : CUDA_ERROR_INVALID_HANDLE;
  });
}

CUresult max_blocks(int* blocks, int block_size, size_t shared) {
  if (blocks == nullptr || block_size <= 0) return CUDA_ERROR_INVALID_VALUE;
  const int by_threads = block_size > kThreads ? 0 : kThreadsOfProcessor / block_size;
  const int by_shared = shared == 0 ? kBlocksOfProcessor : static_cast<int>(kShared / shared);
  *blocks = std::min({by_threads, by_shared, kBlocksOfProcessor});
  return CUDA_SUCCESS;
}

CUresult best_block(Context& context, int* grid, int* block, int limit) {
  if (grid == nullptr || block == nullptr || limit < 0) return CUDA_ERROR_INVALID_VALUE;
  *block = limit == 0 ? kThreads : std::min(limit, kThreads);
  int processors = 1;
  device_attribute(context.on(), CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, processors);
  *grid = processors * (kThreadsOfProcessor / *block);
  return CUDA_SUCCESS;
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

SIMCUDA_ENTRY(cuFuncGetAttribute, false, (int* value, CUfunction_attribute which, CUfunction handle),
              return with_function(context, handle, [&](module::Function& function) {
                const auto set = function.attributes.find(which);
                if (set == function.attributes.end() || value == nullptr) return attribute(which, value);
                *value = set->second;
                return CUDA_SUCCESS;
              });)
SIMCUDA_ENTRY(cuFuncSetAttribute, false, (CUfunction handle, CUfunction_attribute which, int value),
              return with_function(context, handle, [&](module::Function& function) {
                if (!may_set(which, value)) return CUDA_ERROR_INVALID_VALUE;
                function.attributes[which] = value;
                return CUDA_SUCCESS;
              });)
SIMCUDA_ENTRY(cuFuncSetCacheConfig, false, (CUfunction handle, CUfunc_cache),
              return with_function(context, handle, [](module::Function&) { return CUDA_SUCCESS; });)
SIMCUDA_ENTRY(cuFuncSetSharedMemConfig, false, (CUfunction handle, CUsharedconfig),
              return with_function(context, handle, [](module::Function&) { return CUDA_SUCCESS; });)
SIMCUDA_ENTRY(cuFuncGetModule, false, (CUmodule * module, CUfunction handle),
              return with_function(context, handle, [&](module::Function& function) {
                if (module == nullptr) return CUDA_ERROR_INVALID_VALUE;
                *module = module::handle_of(function.module);
                return CUDA_SUCCESS;
              });)
SIMCUDA_ENTRY(cuFuncGetName, false, (const char** name, CUfunction handle),
              return with_function(context, handle, [&](module::Function& function) {
                if (name == nullptr) return CUDA_ERROR_INVALID_VALUE;
                *name = function.code->name.c_str();
                return CUDA_SUCCESS;
              });)
SIMCUDA_ENTRY(cuFuncGetParamInfo, false, (CUfunction handle, size_t index, size_t* offset, size_t* bytes),
              return with_function(context, handle, [&](module::Function& function) {
                return parameter(*function.code, index, offset, bytes);
              });)
SIMCUDA_ENTRY(cuFuncIsLoaded, false, (CUfunctionLoadingState * state, CUfunction handle),
              return with_function(context, handle, [&](module::Function&) {
                if (state == nullptr) return CUDA_ERROR_INVALID_VALUE;
                *state = CU_FUNCTION_LOADING_STATE_LOADED;
                return CUDA_SUCCESS;
              });)
SIMCUDA_ENTRY(cuFuncLoad, false, (CUfunction handle),
              return with_function(context, handle, [](module::Function&) { return CUDA_SUCCESS; });)

SIMCUDA_ENTRY(cuOccupancyMaxActiveBlocksPerMultiprocessor, false,
              (int* blocks, CUfunction handle, int size, size_t shared),
              return with_function(context, handle, [&](auto&) { return max_blocks(blocks, size, shared); });)
SIMCUDA_ENTRY(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, false,
              (int* blocks, CUfunction handle, int size, size_t shared, unsigned int),
              return with_function(context, handle, [&](auto&) { return max_blocks(blocks, size, shared); });)
SIMCUDA_ENTRY(cuOccupancyMaxPotentialBlockSize, false,
              (int* grid, int* block, CUfunction handle, CUoccupancyB2DSize, size_t, int limit),
              return with_function(context, handle,
                                   [&](auto&) { return best_block(context, grid, block, limit); });)
SIMCUDA_ENTRY(cuOccupancyMaxPotentialBlockSizeWithFlags, false,
              (int* grid, int* block, CUfunction handle, CUoccupancyB2DSize, size_t, int limit, unsigned int),
              return with_function(context, handle,
                                   [&](auto&) { return best_block(context, grid, block, limit); });)
SIMCUDA_ENTRY(cuOccupancyAvailableDynamicSMemPerBlock, false,
              (size_t * bytes, CUfunction handle, int blocks, int),
              return with_function(context, handle, [&](auto&) {
                if (bytes == nullptr || blocks <= 0) return CUDA_ERROR_INVALID_VALUE;
                *bytes = static_cast<size_t>(kShared / blocks);
                return CUDA_SUCCESS;
              });)

extern "C" {

CUresult CUDAAPI cuKernelGetAttribute(int* value, CUfunction_attribute which, CUkernel kernel,
                                      CUdevice device) {
  return with_kernel(__func__, kernel, [&](const module::Code&) {
    return device_of(device) == nullptr ? CUDA_ERROR_INVALID_DEVICE : attribute(which, value);
  });
}
CUresult CUDAAPI cuKernelSetAttribute(CUfunction_attribute which, int value, CUkernel kernel,
                                      CUdevice device) {
  return with_kernel(__func__, kernel, [&](const module::Code&) {
    if (device_of(device) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    return may_set(which, value) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  });
}
CUresult CUDAAPI cuKernelSetCacheConfig(CUkernel kernel, CUfunc_cache, CUdevice device) {
  return with_kernel(__func__, kernel, [&](const module::Code&) {
    return device_of(device) == nullptr ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
  });
}
CUresult CUDAAPI cuKernelGetName(const char** name, CUkernel kernel) {
  return with_kernel(__func__, kernel, [&](const module::Code& code) {
    if (name == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *name = code.name.c_str();
    return CUDA_SUCCESS;
  });
}
CUresult CUDAAPI cuKernelGetParamInfo(CUkernel kernel, size_t index, size_t* offset, size_t* bytes) {
  return with_kernel(__func__, kernel,
                     [&](const module::Code& code) { return parameter(code, index, offset, bytes); });
}
}
