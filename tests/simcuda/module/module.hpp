// Modules, the functions and variables in them, and libraries, which are modules of every context they are used in.
#pragma once

#include <cuda.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "device/context.hpp"
#include "module/ptx.hpp"

namespace simcuda::module {

struct Module;
struct Library;

// What is the same for a kernel in every context.
struct Code {
  std::string name;
  std::vector<Parameter> parameters;
  bool parameters_known = false;
};

struct Function {
  std::shared_ptr<const Code> code;
  Context* context = nullptr;
  Module* module = nullptr;
  std::map<CUfunction_attribute, int> attributes;  // that were set
};
using FunctionRef = std::shared_ptr<Function>;

struct Global {
  CUdeviceptr address = 0;
  std::size_t bytes = 0;
  bool managed = false;
};

// Calls with a handle answer CUDA_ERROR_INVALID_HANDLE for one that is not living. None is to be called under the
// driver's lock.
CUresult load(Context& context, const void* image, CUmodule* module);
CUresult unload(CUmodule module);
CUresult find_function(CUmodule module, const char* name, CUfunction* function);
CUresult find_global(CUmodule module, const char* name, Global* global);
CUresult functions_of(CUmodule module, std::vector<CUfunction>* functions);

CUresult load_library(const void* image, CUlibrary* library);
CUresult unload_library(CUlibrary library);
CUresult find_kernel(CUlibrary library, const char* name, CUkernel* kernel);
CUresult kernels_of(CUlibrary library, std::vector<CUkernel>* kernels);
CUresult module_in(CUlibrary library, Context& context,
                   CUmodule* module);  // loads it there at the first question
CUresult function_in(CUkernel kernel, Context& context, CUfunction* function);
CUresult library_of(CUkernel kernel, CUlibrary* library);

// A launch takes either handle; empty: neither.
FunctionRef function_of(CUfunction function_or_kernel, Context& context);
std::shared_ptr<const Code> code_of(CUkernel kernel);
CUmodule handle_of(const Module* module);

void drop_modules(Context& context);

bool read_file(const char* path, std::string* bytes);

}  // namespace simcuda::module
