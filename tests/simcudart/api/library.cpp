// Libraries: images that the program loads itself.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"
#include "module/registry.hpp"

using namespace simcudart;

cudaError_t cudaLibraryLoadData(cudaLibrary_t* out, const void* code, cudaJitOption*, void**, unsigned,
                                cudaLibraryOption*, void**, unsigned) {
  return in_context(
      [&] { return DRIVER(cuLibraryLoadData, 12000)(out, code, nullptr, nullptr, 0, nullptr, nullptr, 0); });
}

cudaError_t cudaLibraryLoadFromFile(cudaLibrary_t* out, const char* path, cudaJitOption*, void**, unsigned,
                                    cudaLibraryOption*, void**, unsigned) {
  return in_context([&] {
    return DRIVER(cuLibraryLoadFromFile, 12000)(out, path, nullptr, nullptr, 0, nullptr, nullptr, 0);
  });
}

cudaError_t cudaLibraryUnload(cudaLibrary_t library) {
  return in_context([&] { return DRIVER(cuLibraryUnload, 12000)(library); });
}

cudaError_t cudaLibraryGetKernel(cudaKernel_t* out, cudaLibrary_t library, const char* name) {
  return in_context([&] {
    const CUresult result = DRIVER(cuLibraryGetKernel, 12000)(out, library, name);
    if (result == CUDA_SUCCESS) note_handle(*out);
    return result;
  });
}

cudaError_t cudaLibraryGetGlobal(void** out, size_t* bytes, cudaLibrary_t library, const char* name) {
  return in_context(
      [&] { return DRIVER(cuLibraryGetGlobal, 12000)(address_out(out), bytes, library, name); });
}

cudaError_t cudaLibraryGetManaged(void** out, size_t* bytes, cudaLibrary_t library, const char* name) {
  return in_context(
      [&] { return DRIVER(cuLibraryGetManaged, 12000)(address_out(out), bytes, library, name); });
}

cudaError_t cudaLibraryGetKernelCount(unsigned* count, cudaLibrary_t library) {
  return in_context([&] { return DRIVER(cuLibraryGetKernelCount, 12040)(count, library); });
}

cudaError_t cudaLibraryEnumerateKernels(cudaKernel_t* kernels, unsigned count, cudaLibrary_t library) {
  return in_context([&] {
    const CUresult result = DRIVER(cuLibraryEnumerateKernels, 12040)(kernels, count, library);
    for (unsigned i = 0; i < count && result == CUDA_SUCCESS; ++i) note_handle(kernels[i]);
    return result;
  });
}
