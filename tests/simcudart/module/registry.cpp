#include "module/registry.hpp"

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "base/driver.hpp"
#include "base/state.hpp"

namespace simcudart {
namespace {

struct Image {
  const void* wrapper;
  CUlibrary library = nullptr;
};

struct Kernel {
  Image* image;
  std::string name;
  CUkernel handle = nullptr;
};

struct Variable {
  Image* image;
  std::string name;
  void** managed = nullptr;  // the host's pointer to a managed variable
};

// Never destroyed: programs unregister while they exit.
struct Registry {
  std::mutex lock;
  std::map<const void*, Kernel> kernels;
  std::map<const void*, Variable> variables;
  std::set<const void*> handles;  // kernel handles given out
};

Registry& registry() {
  static Registry& all = *new Registry;
  return all;
}

Image* image_of(void** handle) { return reinterpret_cast<Image*>(handle); }

CUresult load(Image& image) {
  if (image.library != nullptr) return CUDA_SUCCESS;
  const auto load_library = DRIVER(cuLibraryLoadData, 12000);
  return load_library(&image.library, image.wrapper, nullptr, nullptr, 0, nullptr, nullptr, 0);
}

CUresult load(Kernel& kernel) {
  if (kernel.handle != nullptr) return CUDA_SUCCESS;
  const CUresult result = load(*kernel.image);
  if (result != CUDA_SUCCESS) return result;
  return DRIVER(cuLibraryGetKernel, 12000)(&kernel.handle, kernel.image->library, kernel.name.c_str());
}

CUresult locate(const Variable& variable, CUdeviceptr* address, std::size_t* bytes) {
  const CUresult result = load(*variable.image);
  if (result != CUDA_SUCCESS) return result;
  const auto find =
      variable.managed != nullptr ? DRIVER(cuLibraryGetManaged, 12000) : DRIVER(cuLibraryGetGlobal, 12000);
  return find(address, bytes, variable.image->library, variable.name.c_str());
}

// A managed variable's symbol is what its host pointer points to.
Variable* find_variable(const void* symbol) {
  Registry& all = registry();
  if (const auto found = all.variables.find(symbol); found != all.variables.end()) return &found->second;
  for (auto& [key, variable] : all.variables)
    if (variable.managed != nullptr && *variable.managed == symbol) return &variable;
  return nullptr;
}

}  // namespace

void** register_image(const void* wrapper) { return reinterpret_cast<void**>(new Image{wrapper}); }

void unregister_image(void** handle) {
  Registry& all = registry();
  const std::lock_guard hold{all.lock};
  const Image* image = image_of(handle);
  std::erase_if(all.kernels, [&](const auto& row) { return row.second.image == image; });
  std::erase_if(all.variables, [&](const auto& row) { return row.second.image == image; });
  // A library that the program closed; at the end of the process the driver sees to it.
  if (image->library != nullptr && !exiting()) DRIVER(cuLibraryUnload, 12000)(image->library);
  delete image;
}

void register_kernel(void** handle, const void* host_function, const char* name) {
  Registry& all = registry();
  const std::lock_guard hold{all.lock};
  all.kernels.insert_or_assign(host_function, Kernel{image_of(handle), name});
}

void register_variable(void** handle, const void* symbol, const char* name) {
  Registry& all = registry();
  const std::lock_guard hold{all.lock};
  all.variables.insert_or_assign(symbol, Variable{image_of(handle), name});
}

void register_managed(void** handle, void** pointer, const char* name) {
  Registry& all = registry();
  const std::lock_guard hold{all.lock};
  all.variables.insert_or_assign(pointer, Variable{image_of(handle), name, pointer});
}

cudaError_t place_managed(void** handle) {
  Registry& all = registry();
  const std::lock_guard hold{all.lock};
  for (auto& [symbol, variable] : all.variables) {
    if (variable.image != image_of(handle) || variable.managed == nullptr) continue;
    CUdeviceptr address = 0;
    std::size_t bytes = 0;
    if (const CUresult result = locate(variable, &address, &bytes); result != CUDA_SUCCESS)
      return error_of(result);
    *variable.managed = reinterpret_cast<void*>(address);
  }
  return cudaSuccess;
}

cudaError_t find_kernel(const void* host_function, CUkernel* out) {
  Registry& all = registry();
  const std::lock_guard hold{all.lock};
  const auto found = all.kernels.find(host_function);
  if (found == all.kernels.end()) return cudaErrorInvalidDeviceFunction;
  const CUresult result = load(found->second);
  if (result == CUDA_ERROR_NOT_FOUND) return cudaErrorInvalidDeviceFunction;
  if (result != CUDA_SUCCESS) return error_of(result);
  *out = found->second.handle;
  all.handles.insert(*out);
  return cudaSuccess;
}

cudaError_t find_function(const void* host_function, CUfunction* out) {
  CUkernel kernel = nullptr;
  const cudaError_t error = find_kernel(host_function, &kernel);
  if (error == cudaSuccess) *out = reinterpret_cast<CUfunction>(kernel);
  if (error != cudaErrorInvalidDeviceFunction) return error;
  Registry& all = registry();
  const std::lock_guard hold{all.lock};
  if (!all.handles.contains(host_function)) return error;
  *out = static_cast<CUfunction>(const_cast<void*>(host_function));
  return cudaSuccess;
}

void note_handle(CUkernel kernel) {
  Registry& all = registry();
  const std::lock_guard hold{all.lock};
  all.handles.insert(kernel);
}

cudaError_t find_symbol(const void* symbol, CUdeviceptr* address, std::size_t* bytes) {
  Registry& all = registry();
  const std::lock_guard hold{all.lock};
  const Variable* variable = find_variable(symbol);
  if (variable == nullptr) return cudaErrorInvalidSymbol;
  const CUresult result = locate(*variable, address, bytes);
  return result == CUDA_ERROR_NOT_FOUND ? cudaErrorInvalidSymbol : error_of(result);
}

}  // namespace simcudart
