#include "module/module.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>

#include "base/lock.hpp"
#include "heap/blocks.hpp"
#include "heap/heap.hpp"
#include "module/tables.hpp"

namespace simcuda::module {
namespace {

// The code of a kernel in an image; one that may be anywhere in machine code is believed.
std::shared_ptr<const Code> code_in(const Contents& contents, const char* name) {
  for (const Entry& entry : contents.ptx.entries)
    if (entry.name == name) return std::make_shared<Code>(Code{entry.name, entry.parameters, true});
  return contents.opaque ? std::make_shared<Code>(Code{name, {}, false}) : nullptr;
}

CUresult make_global(Context& context, const Variable& variable, Global& global) {
  Block block;
  const CUresult result = variable.managed
                              ? allocate_managed(context, variable.bytes, CU_MEM_ATTACH_GLOBAL, block)
                              : allocate_device(context, variable.bytes, false, block);
  if (result != CUDA_SUCCESS) return result;
  find_block(block.base)->kind = Kind::global;
  std::memset(block.backing, 0, variable.bytes);
  if (!variable.initial.empty()) std::memcpy(block.backing, variable.initial.data(), variable.initial.size());
  global = {block.base, variable.bytes, variable.managed};
  return CUDA_SUCCESS;
}

// Under the driver's lock.
void give_back(const Module& module) {
  for (const auto& [name, global] : module.globals) {
    Block* block = find_block(global.address);
    if (block == nullptr || block->kind != Kind::global) continue;  // went with its context
    block->kind = global.managed ? Kind::managed : Kind::device;
    global.managed ? free_managed(*block) : free_device(*block);
  }
}

CUresult load_contents(Context& context, std::shared_ptr<const Contents> contents, ModuleRef& made) {
  auto module = std::make_shared<Module>();
  module->context = &context;
  module->contents = std::move(contents);
  CUresult result = CUDA_SUCCESS;
  locked([&] {
    for (const Variable& variable : module->contents->ptx.variables) {
      if (variable.bytes == 0) continue;
      Global global;
      result = make_global(context, variable, global);
      if (result != CUDA_SUCCESS) return give_back(*module);
      module->globals.emplace(variable.name, global);
    }
  });
  made = module;
  return result;
}

FunctionRef function_in_module(const ModuleRef& module, const char* name) {
  const auto found = module->functions.find(name);
  if (found != module->functions.end()) return found->second;
  auto code = code_in(*module->contents, name);
  if (!code) return nullptr;
  auto function = std::make_shared<Function>(Function{std::move(code), module->context, module.get(), {}});
  module->functions.emplace(name, function);
  return function;
}

CUfunction handle_of(const FunctionRef& function) { return reinterpret_cast<CUfunction>(function.get()); }

FunctionRef remember(Tables& all, const FunctionRef& function) {
  if (function) all.functions.emplace(handle_of(function), function);
  return function;
}

}  // namespace

Tables& tables() {
  static Tables& all = *new Tables;  // never destroyed
  return all;
}

CUresult read_contents(const void* image, std::shared_ptr<const Contents>& contents) {
  if (image == nullptr) return CUDA_ERROR_INVALID_VALUE;
  Image read;
  if (!read_image(image, read)) return CUDA_ERROR_INVALID_IMAGE;
  contents = std::make_shared<Contents>(Contents{parse_ptx(read.ptx), read.opaque});
  return CUDA_SUCCESS;
}

CUmodule handle_of(const Module* module) { return reinterpret_cast<CUmodule>(const_cast<Module*>(module)); }

CUresult load(Context& context, const void* image, CUmodule* module) {
  std::shared_ptr<const Contents> contents;
  ModuleRef made;
  CUresult result = read_contents(image, contents);
  if (result == CUDA_SUCCESS) result = load_contents(context, contents, made);
  if (result != CUDA_SUCCESS) return result;
  const std::lock_guard guard(tables().lock);
  tables().modules.emplace(handle_of(made.get()), made);
  *module = handle_of(made.get());
  return CUDA_SUCCESS;
}

CUresult load_in(Tables& all, Context& context, const std::shared_ptr<const Contents>& contents,
                 ModuleRef& made) {
  const CUresult result = load_contents(context, contents, made);
  if (result == CUDA_SUCCESS) all.modules.emplace(handle_of(made.get()), made);
  return result;
}

void forget(Tables& all, const ModuleRef& module) {
  for (const auto& [name, function] : module->functions) all.functions.erase(handle_of(function));
  all.modules.erase(handle_of(module.get()));
  locked([&] { give_back(*module); });
}

CUresult unload(CUmodule handle) {
  const std::lock_guard guard(tables().lock);
  const auto found = tables().modules.find(handle);
  if (found == tables().modules.end()) return CUDA_ERROR_INVALID_HANDLE;
  const ModuleRef module = found->second;
  if (module->of_library) return CUDA_ERROR_NOT_PERMITTED;
  forget(tables(), module);
  return CUDA_SUCCESS;
}

CUresult find_function(CUmodule handle, const char* name, CUfunction* function) {
  const std::lock_guard guard(tables().lock);
  const auto found = tables().modules.find(handle);
  if (found == tables().modules.end()) return CUDA_ERROR_INVALID_HANDLE;
  const FunctionRef made = remember(tables(), function_in_module(found->second, name));
  if (!made) return CUDA_ERROR_NOT_FOUND;
  *function = handle_of(made);
  return CUDA_SUCCESS;
}

CUresult functions_of(CUmodule handle, std::vector<CUfunction>* functions) {
  const std::lock_guard guard(tables().lock);
  const auto found = tables().modules.find(handle);
  if (found == tables().modules.end()) return CUDA_ERROR_INVALID_HANDLE;
  for (const Entry& entry : found->second->contents->ptx.entries)
    functions->push_back(
        handle_of(remember(tables(), function_in_module(found->second, entry.name.c_str()))));
  return CUDA_SUCCESS;
}

CUresult find_global(CUmodule handle, const char* name, Global* global) {
  const std::lock_guard guard(tables().lock);
  const auto found = tables().modules.find(handle);
  if (found == tables().modules.end()) return CUDA_ERROR_INVALID_HANDLE;
  const auto variable = found->second->globals.find(name);
  if (variable == found->second->globals.end()) return CUDA_ERROR_NOT_FOUND;
  *global = variable->second;
  return CUDA_SUCCESS;
}

FunctionRef function_of(CUfunction handle, Context& context) {
  {
    const std::lock_guard guard(tables().lock);
    const auto found = tables().functions.find(handle);
    if (found != tables().functions.end()) return found->second;
  }
  CUfunction function;
  if (function_in(reinterpret_cast<CUkernel>(handle), context, &function) != CUDA_SUCCESS) return nullptr;
  const std::lock_guard guard(tables().lock);
  return tables().functions.at(function);
}

void drop_modules(Context& context) {
  Tables& all = tables();
  const std::lock_guard guard(all.lock);
  std::vector<ModuleRef> gone;
  for (const auto& [handle, module] : all.modules)
    if (module->context == &context) gone.push_back(module);
  for (const ModuleRef& module : gone) forget(all, module);
  for (const auto& [handle, library] : all.libraries) library->modules.erase(&context);
}

bool read_file(const char* path, std::string* bytes) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  bytes->assign(std::istreambuf_iterator<char>(file), {});
  return true;
}

}  // namespace simcuda::module
