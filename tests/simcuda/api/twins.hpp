// Entry points that come in two: with stream 0 as the legacy default stream, and (_ptsz, _ptds) as the calling
// thread's own. The body sees `context`, the current one, and `per_thread`.
#pragma once

#include <cuda.h>

#include "base/entry.hpp"
#include "engine/engine.hpp"

#define SIMCUDA_ENTRY(name, own, parameters, ...)                                                   \
  extern "C" CUresult CUDAAPI name parameters {                                                     \
    return simcuda::in_context(#name, [&]([[maybe_unused]] simcuda::Context& context) -> CUresult { \
      [[maybe_unused]] constexpr bool per_thread = own;                                             \
      __VA_ARGS__                                                                                   \
    });                                                                                             \
  }
#define SIMCUDA_TWINS(name, twin, parameters, ...)    \
  SIMCUDA_ENTRY(name, false, parameters, __VA_ARGS__) \
  SIMCUDA_ENTRY(name##twin, true, parameters, __VA_ARGS__)

namespace simcuda {

// The stream behind a handle, given to the body; CUDA_ERROR_INVALID_HANDLE for one that is none.
template <class Body>
CUresult with_stream(Context& context, CUstream handle, bool per_thread, Body&& body) {
  const engine::StreamRef stream = engine::find_stream(handle, context.handle(), per_thread);
  return stream ? body(stream) : CUDA_ERROR_INVALID_HANDLE;
}

}  // namespace simcuda
