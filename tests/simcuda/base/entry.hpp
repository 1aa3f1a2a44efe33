// What every entry point does before and after its own work. An entry point of api/ is written
//
//   extern "C" CUresult CUDAAPI cuFoo(int* out) {
//     return in_context(__func__, [&](Context& context) -> CUresult { ...; return CUDA_SUCCESS; });
//   }
//
// and is counted, logged, slowed and made to fail like all others (fault/). Entry points never call each other.
#pragma once
#include <cuda.h>

#include <exception>

#include "device/context.hpp"

namespace simcuda {

// What a call needs of the driver, the least first.
enum class Needs {
  nothing,  // before cuInit too
  init,     // cuInit has been called
  context,  // a living context is current, and no sticky error rests on it
};

// The common part. begin answers an error that ends the call: an injected fault, CUDA_ERROR_DEINITIALIZED once the
// process is ending, CUDA_ERROR_NOT_INITIALIZED, _INVALID_CONTEXT, _CONTEXT_IS_DESTROYED, or the sticky error.
CUresult begin_call(const char* name, Needs needs);
void end_call(const char* name, CUresult result);

template <class Body>
CUresult call(const char* name, Needs needs, Body&& body) {
  CUresult result = begin_call(name, needs);
  if (result == CUDA_SUCCESS) {
    try {
      result = body();
    } catch (const std::exception&) {
      result = CUDA_ERROR_OUT_OF_MEMORY;  // the host's memory
    }
  }
  end_call(name, result);
  return result;
}

template <class Body>
CUresult anytime(const char* name, Body&& body) {
  return call(name, Needs::nothing, body);
}
template <class Body>
CUresult initialised(const char* name, Body&& body) {
  return call(name, Needs::init, body);
}
template <class Body>
CUresult in_context(const char* name, Body&& body) {
  return call(name, Needs::context, [&] { return body(*current_context()); });
}

}  // namespace simcuda
