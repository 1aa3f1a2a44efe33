// The living modules, functions, libraries and kernels by handle: module.cpp and library.cpp share them.
#pragma once

#include <mutex>

#include "module/module.hpp"

namespace simcuda::module {

struct Contents {
  Ptx ptx;
  bool opaque = false;
};

struct Module {
  Context* context = nullptr;
  std::shared_ptr<const Contents> contents;
  std::map<std::string, FunctionRef> functions;
  std::map<std::string, Global> globals;
  bool of_library = false;
};
using ModuleRef = std::shared_ptr<Module>;

struct Kernel {
  std::shared_ptr<const Code> code;
  Library* library = nullptr;
};
using KernelRef = std::shared_ptr<Kernel>;

struct Library {
  std::shared_ptr<const Contents> contents;
  std::map<std::string, KernelRef> kernels;
  std::map<Context*, ModuleRef> modules;
};
using LibraryRef = std::shared_ptr<Library>;

// Its lock is taken before the driver's.
struct Tables {
  std::mutex lock;
  std::map<CUmodule, ModuleRef> modules;
  std::map<CUfunction, FunctionRef> functions;
  std::map<CUlibrary, LibraryRef> libraries;
  std::map<CUkernel, KernelRef> kernels;
};
Tables& tables();

CUresult read_contents(const void* image, std::shared_ptr<const Contents>& contents);
// With the lock of the tables.
CUresult load_in(Tables& all, Context& context, const std::shared_ptr<const Contents>& contents,
                 ModuleRef& made);
void forget(Tables& all, const ModuleRef& module);

}  // namespace simcuda::module
