// Libraries: modules that belong to no context until they are used in one.
#include "api/twins.hpp"
#include "device/device.hpp"
#include "module/module.hpp"

namespace simcuda {
namespace {

CUresult load_file(CUlibrary* library, const char* path) {
  std::string bytes;
  if (library == nullptr || path == nullptr) return CUDA_ERROR_INVALID_VALUE;
  return module::read_file(path, &bytes) ? module::load_library(bytes.c_str(), library)
                                         : CUDA_ERROR_FILE_NOT_FOUND;
}

CUresult global(Context& context, CUdeviceptr* address, size_t* bytes, CUlibrary library, const char* name,
                bool managed) {
  CUmodule module = nullptr;
  module::Global found;
  if (name == nullptr || (address == nullptr && bytes == nullptr)) return CUDA_ERROR_INVALID_VALUE;
  CUresult result = module::module_in(library, context, &module);
  if (result == CUDA_SUCCESS) result = module::find_global(module, name, &found);
  if (result == CUDA_SUCCESS && managed && !found.managed) result = CUDA_ERROR_NOT_FOUND;
  if (result != CUDA_SUCCESS) return result;
  if (address != nullptr) *address = found.address;
  if (bytes != nullptr) *bytes = found.bytes;
  return CUDA_SUCCESS;
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

extern "C" {

CUresult CUDAAPI cuLibraryLoadData(CUlibrary* library, const void* image, CUjit_option*, void**, unsigned int,
                                   CUlibraryOption*, void**, unsigned int) {
  return initialised(__func__, [&] {
    return library == nullptr || image == nullptr ? CUDA_ERROR_INVALID_VALUE
                                                  : module::load_library(image, library);
  });
}
CUresult CUDAAPI cuLibraryLoadFromFile(CUlibrary* library, const char* path, CUjit_option*, void**,
                                       unsigned int, CUlibraryOption*, void**, unsigned int) {
  return initialised(__func__, [&] { return load_file(library, path); });
}
CUresult CUDAAPI cuLibraryUnload(CUlibrary library) {
  return initialised(__func__, [&] { return module::unload_library(library); });
}
CUresult CUDAAPI cuLibraryGetKernel(CUkernel* kernel, CUlibrary library, const char* name) {
  return initialised(__func__, [&] {
    return kernel == nullptr || name == nullptr ? CUDA_ERROR_INVALID_VALUE
                                                : module::find_kernel(library, name, kernel);
  });
}
CUresult CUDAAPI cuLibraryGetKernelCount(unsigned int* count, CUlibrary library) {
  return initialised(__func__, [&] {
    std::vector<CUkernel> all;
    if (count == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const CUresult result = module::kernels_of(library, &all);
    if (result == CUDA_SUCCESS) *count = static_cast<unsigned>(all.size());
    return result;
  });
}
CUresult CUDAAPI cuLibraryEnumerateKernels(CUkernel* kernels, unsigned int count, CUlibrary library) {
  return initialised(__func__, [&] {
    std::vector<CUkernel> all;
    if (kernels == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const CUresult result = module::kernels_of(library, &all);
    if (result == CUDA_SUCCESS) std::copy_n(all.begin(), std::min<std::size_t>(count, all.size()), kernels);
    return result;
  });
}
CUresult CUDAAPI cuKernelGetLibrary(CUlibrary* library, CUkernel kernel) {
  return initialised(__func__, [&] {
    return library == nullptr ? CUDA_ERROR_INVALID_VALUE : module::library_of(kernel, library);
  });
}
CUresult CUDAAPI cuLibraryGetUnifiedFunction(void**, CUlibrary, const char*) {
  return initialised(__func__, [] { return CUDA_ERROR_NOT_FOUND; });
}
}

SIMCUDA_ENTRY(cuLibraryGetModule, false, (CUmodule * module, CUlibrary library),
              return module == nullptr ? CUDA_ERROR_INVALID_VALUE
                                       : module::module_in(library, context, module);)
SIMCUDA_ENTRY(cuKernelGetFunction, false, (CUfunction * function, CUkernel kernel),
              return function == nullptr ? CUDA_ERROR_INVALID_VALUE
                                         : module::function_in(kernel, context, function);)
SIMCUDA_ENTRY(cuLibraryGetGlobal, false,
              (CUdeviceptr * address, size_t* bytes, CUlibrary library, const char* name),
              return global(context, address, bytes, library, name, false);)
SIMCUDA_ENTRY(cuLibraryGetManaged, false,
              (CUdeviceptr * address, size_t* bytes, CUlibrary library, const char* name),
              return global(context, address, bytes, library, name, true);)
