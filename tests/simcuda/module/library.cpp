#include "module/tables.hpp"

namespace simcuda::module {
namespace {

CUlibrary handle_of(const Library* library) {
  return reinterpret_cast<CUlibrary>(const_cast<Library*>(library));
}
CUkernel handle_of(const KernelRef& kernel) { return reinterpret_cast<CUkernel>(kernel.get()); }

KernelRef kernel_in(Tables& all, const LibraryRef& library, const std::string& name) {
  KernelRef& kernel = library->kernels[name];
  if (kernel) return kernel;
  std::shared_ptr<const Code> code;
  for (const Entry& entry : library->contents->ptx.entries)
    if (entry.name == name) code = std::make_shared<Code>(Code{name, entry.parameters, true});
  if (!code && library->contents->opaque) code = std::make_shared<Code>(Code{name, {}, false});
  if (!code) {
    library->kernels.erase(name);
    return nullptr;
  }
  kernel = std::make_shared<Kernel>(Kernel{code, library.get()});
  all.kernels.emplace(handle_of(kernel), kernel);
  return kernel;
}

CUresult module_of(Tables& all, Library& library, Context& context, ModuleRef& module) {
  ModuleRef& here = library.modules[&context];
  if (!here) {
    const CUresult result = load_in(all, context, library.contents, here);
    if (result != CUDA_SUCCESS) {
      library.modules.erase(&context);
      return result;
    }
    here->of_library = true;
  }
  module = here;
  return CUDA_SUCCESS;
}

}  // namespace

CUresult load_library(const void* image, CUlibrary* handle) {
  auto library = std::make_shared<Library>();
  const CUresult result = read_contents(image, library->contents);
  if (result != CUDA_SUCCESS) return result;
  const std::lock_guard guard(tables().lock);
  tables().libraries.emplace(handle_of(library.get()), library);
  *handle = handle_of(library.get());
  return CUDA_SUCCESS;
}

CUresult unload_library(CUlibrary handle) {
  Tables& all = tables();
  const std::lock_guard guard(all.lock);
  const auto found = all.libraries.find(handle);
  if (found == all.libraries.end()) return CUDA_ERROR_INVALID_HANDLE;
  const LibraryRef library = found->second;
  for (const auto& [context, module] : library->modules) forget(all, module);
  for (const auto& [name, kernel] : library->kernels) all.kernels.erase(handle_of(kernel));
  all.libraries.erase(found);
  return CUDA_SUCCESS;
}

CUresult find_kernel(CUlibrary handle, const char* name, CUkernel* kernel) {
  const std::lock_guard guard(tables().lock);
  const auto found = tables().libraries.find(handle);
  if (found == tables().libraries.end()) return CUDA_ERROR_INVALID_HANDLE;
  const KernelRef made = kernel_in(tables(), found->second, name);
  if (!made) return CUDA_ERROR_NOT_FOUND;
  *kernel = handle_of(made);
  return CUDA_SUCCESS;
}

CUresult kernels_of(CUlibrary handle, std::vector<CUkernel>* kernels) {
  const std::lock_guard guard(tables().lock);
  const auto found = tables().libraries.find(handle);
  if (found == tables().libraries.end()) return CUDA_ERROR_INVALID_HANDLE;
  for (const Entry& entry : found->second->contents->ptx.entries)
    kernels->push_back(handle_of(kernel_in(tables(), found->second, entry.name)));
  return CUDA_SUCCESS;
}

CUresult module_in(CUlibrary handle, Context& context, CUmodule* module) {
  const std::lock_guard guard(tables().lock);
  const auto found = tables().libraries.find(handle);
  if (found == tables().libraries.end()) return CUDA_ERROR_INVALID_HANDLE;
  ModuleRef made;
  const CUresult result = module_of(tables(), *found->second, context, made);
  if (result == CUDA_SUCCESS) *module = handle_of(made.get());
  return result;
}

CUresult function_in(CUkernel handle, Context& context, CUfunction* function) {
  CUmodule module;
  std::string name;
  {
    const std::lock_guard guard(tables().lock);
    const auto found = tables().kernels.find(handle);
    if (found == tables().kernels.end()) return CUDA_ERROR_INVALID_HANDLE;
    ModuleRef made;
    const CUresult result = module_of(tables(), *found->second->library, context, made);
    if (result != CUDA_SUCCESS) return result;
    module = handle_of(made.get());
    name = found->second->code->name;
  }
  return find_function(module, name.c_str(), function);
}

CUresult library_of(CUkernel handle, CUlibrary* library) {
  const std::lock_guard guard(tables().lock);
  const auto found = tables().kernels.find(handle);
  if (found == tables().kernels.end()) return CUDA_ERROR_INVALID_HANDLE;
  *library = handle_of(found->second->library);
  return CUDA_SUCCESS;
}

std::shared_ptr<const Code> code_of(CUkernel handle) {
  const std::lock_guard guard(tables().lock);
  const auto found = tables().kernels.find(handle);
  return found == tables().kernels.end() ? nullptr : found->second->code;
}

}  // namespace simcuda::module
