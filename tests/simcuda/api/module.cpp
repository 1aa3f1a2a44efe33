// Modules and what is in them.
#include "module/module.hpp"

#include "api/twins.hpp"

namespace simcuda {
namespace {

CUresult load(Context& context, CUmodule* module, const void* image) {
  if (module == nullptr || image == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return module::load(context, image, module);
}

CUresult load_file(Context& context, CUmodule* module, const char* path) {
  std::string bytes;
  if (module == nullptr || path == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (!module::read_file(path, &bytes)) return CUDA_ERROR_FILE_NOT_FOUND;
  return module::load(context, bytes.c_str(), module);
}

template <class Address, class Bytes>
CUresult global(Address* address, Bytes* bytes, CUmodule handle, const char* name) {
  module::Global found;
  if (name == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result = module::find_global(handle, name, &found);
  if (result != CUDA_SUCCESS) return result;
  if (address != nullptr) *address = static_cast<Address>(found.address);
  if (bytes != nullptr) *bytes = static_cast<Bytes>(found.bytes);
  return CUDA_SUCCESS;
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

SIMCUDA_ENTRY(cuModuleLoad, false, (CUmodule * module, const char* path),
              return load_file(context, module, path);)
SIMCUDA_ENTRY(cuModuleLoadData, false, (CUmodule * module, const void* image),
              return load(context, module, image);)
SIMCUDA_ENTRY(cuModuleLoadDataEx, false,
              (CUmodule * module, const void* image, unsigned int, CUjit_option*, void**),
              return load(context, module, image);)
SIMCUDA_ENTRY(cuModuleLoadFatBinary, false, (CUmodule * module, const void* image),
              return load(context, module, image);)
SIMCUDA_ENTRY(cuModuleUnload, false, (CUmodule module), return module::unload(module);)
SIMCUDA_ENTRY(cuModuleGetFunction, false, (CUfunction * function, CUmodule module, const char* name), {
  if (function == nullptr || name == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return module::find_function(module, name, function);
})
SIMCUDA_ENTRY(cuModuleGetFunctionCount, false, (unsigned int* count, CUmodule module), {
  std::vector<CUfunction> all;
  if (count == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result = module::functions_of(module, &all);
  if (result == CUDA_SUCCESS) *count = static_cast<unsigned>(all.size());
  return result;
})
SIMCUDA_ENTRY(cuModuleEnumerateFunctions, false,
              (CUfunction * functions, unsigned int count, CUmodule module), {
                std::vector<CUfunction> all;
                if (functions == nullptr) return CUDA_ERROR_INVALID_VALUE;
                const CUresult result = module::functions_of(module, &all);
                if (result == CUDA_SUCCESS)
                  std::copy_n(all.begin(), std::min<std::size_t>(count, all.size()), functions);
                return result;
              })
SIMCUDA_ENTRY(cuModuleGetGlobal_v2, false,
              (CUdeviceptr * address, size_t* bytes, CUmodule module, const char* name),
              return global(address, bytes, module, name);)
SIMCUDA_ENTRY(cuModuleGetGlobal, false,
              (CUdeviceptr_v1 * address, unsigned int* bytes, CUmodule module, const char* name),
              return global(address, bytes, module, name);)
SIMCUDA_ENTRY(cuModuleGetTexRef, false, (CUtexref*, CUmodule, const char*), return CUDA_ERROR_NOT_FOUND;)
SIMCUDA_ENTRY(cuModuleGetSurfRef, false, (CUsurfref*, CUmodule, const char*), return CUDA_ERROR_NOT_FOUND;)
extern "C" CUresult CUDAAPI cuModuleGetLoadingMode(CUmoduleLoadingMode* mode) {
  return initialised(__func__, [&] {
    if (mode == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *mode = CU_MODULE_EAGER_LOADING;
    return CUDA_SUCCESS;
  });
}
