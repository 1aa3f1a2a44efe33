// Contexts: made, destroyed, current.
#include <cuda.h>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "device/device.hpp"
#include "device/drain.hpp"

namespace simcuda {
namespace {

CUresult create(CUcontext* handle, unsigned flags, CUdevice number) {
  if (handle == nullptr || (flags & ~unsigned{CU_CTX_FLAGS_MASK}) != 0) return CUDA_ERROR_INVALID_VALUE;
  if (device_of(number) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  Context* context = new_context(number);
  context->retained = 1;
  const CUresult result = bring_to_life(*context, flags);
  if (result != CUDA_SUCCESS) return result;
  if (!push_current(context)) {
    end_life(*context);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  *handle = context->handle();
  return CUDA_SUCCESS;
}

// A context the program made itself; its device's own is not for destroying.
CUresult destroy(CUcontext handle) {
  Context* context = context_of(handle);
  if (context == nullptr || context->primary) return CUDA_ERROR_INVALID_CONTEXT;
  if (!context->alive) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  if (current_context() == context) pop_current(context);
  end_life(*context);
  return CUDA_SUCCESS;
}

CUresult pop(CUcontext* handle) {
  Context* context = nullptr;
  if (!pop_current(context)) return CUDA_ERROR_INVALID_CONTEXT;
  if (handle != nullptr) *handle = context->handle();
  return CUDA_SUCCESS;
}

CUresult push(CUcontext handle) {
  Context* context = context_of(handle);
  if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  if (!context->alive) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  return push_current(context) ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

// Null means the current one.
template <class Body>
CUresult for_context(const char* name, CUcontext handle, Body&& body) {
  return initialised(name, [&]() -> CUresult {
    Context* context = handle == nullptr ? current_context() : context_of(handle);
    if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    return context->alive ? body(*context) : CUDA_ERROR_CONTEXT_IS_DESTROYED;
  });
}

CUresult synchronize(Context& context) {
  if (context.sticky != CUDA_SUCCESS) return context.sticky;
  return drain(context);
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

extern "C" CUresult CUDAAPI cuCtxCreate(CUcontext* handle, unsigned int flags, CUdevice number) {
  return initialised(__func__, [&] { return create(handle, flags, number); });
}

extern "C" CUresult CUDAAPI cuCtxCreate_v2(CUcontext* handle, unsigned int flags, CUdevice number) {
  return initialised(__func__, [&] { return create(handle, flags, number); });
}

// Execution affinity is not supported, as on a device without MPS.
extern "C" CUresult CUDAAPI cuCtxCreate_v3(CUcontext* handle, CUexecAffinityParam*, int affinities,
                                           unsigned int flags, CUdevice number) {
  return initialised(__func__, [&]() -> CUresult {
    if (affinities != 0) return CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY;
    return create(handle, flags, number);
  });
}

extern "C" CUresult CUDAAPI cuCtxCreate_v4(CUcontext* handle, CUctxCreateParams* params, unsigned int flags,
                                           CUdevice number) {
  return initialised(__func__, [&]() -> CUresult {
    if (params != nullptr && params->numExecAffinityParams != 0) return CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY;
    if (params != nullptr && params->cigParams != nullptr) return CUDA_ERROR_NOT_SUPPORTED;
    return create(handle, flags, number);
  });
}

extern "C" CUresult CUDAAPI cuCtxDestroy(CUcontext handle) {
  return initialised(__func__, [&] { return destroy(handle); });
}
extern "C" CUresult CUDAAPI cuCtxDestroy_v2(CUcontext handle) {
  return initialised(__func__, [&] { return destroy(handle); });
}

extern "C" CUresult CUDAAPI cuCtxAttach(CUcontext* handle, unsigned int flags) {
  return in_context(__func__, [&](Context& context) {
    if (handle == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    locked([&] { ++context.retained; });
    *handle = context.handle();
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxDetach(CUcontext handle) {
  return initialised(__func__, [&]() -> CUresult {
    Context* context = context_of(handle);
    if (context == nullptr || context->primary || context != current_context())
      return CUDA_ERROR_INVALID_CONTEXT;
    return locked([&] { return --context->retained; }) > 0 ? CUDA_SUCCESS : destroy(handle);
  });
}

extern "C" CUresult CUDAAPI cuCtxPushCurrent(CUcontext handle) {
  return initialised(__func__, [&] { return push(handle); });
}
extern "C" CUresult CUDAAPI cuCtxPushCurrent_v2(CUcontext handle) {
  return initialised(__func__, [&] { return push(handle); });
}

extern "C" CUresult CUDAAPI cuCtxPopCurrent(CUcontext* handle) {
  return initialised(__func__, [&] { return pop(handle); });
}
extern "C" CUresult CUDAAPI cuCtxPopCurrent_v2(CUcontext* handle) {
  return initialised(__func__, [&] { return pop(handle); });
}

// Null takes the top from the stack; the call is also how a thread comes to its first context.
extern "C" CUresult CUDAAPI cuCtxSetCurrent(CUcontext handle) {
  return initialised(__func__, [&]() -> CUresult {
    Context* context = context_of(handle);
    if (handle != nullptr && context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
    if (context != nullptr && !context->alive) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
    set_current(context);
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxGetCurrent(CUcontext* handle) {
  return initialised(__func__, [&] {
    if (handle == nullptr) return CUDA_ERROR_INVALID_VALUE;
    Context* context = current_context();
    *handle = context == nullptr ? nullptr : context->handle();
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxSynchronize() {
  return in_context(__func__, [](Context& context) { return synchronize(context); });
}
extern "C" CUresult CUDAAPI cuCtxSynchronize_v2(CUcontext handle) {
  return for_context(__func__, handle, [](Context& context) { return synchronize(context); });
}

extern "C" CUresult CUDAAPI cuCtxGetDevice(CUdevice* number) {
  return in_context(__func__, [&](Context& context) {
    if (number == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *number = context.device;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxGetDevice_v2(CUdevice* number, CUcontext handle) {
  return for_context(__func__, handle, [&](Context& context) {
    if (number == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *number = context.device;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxGetId(CUcontext handle, unsigned long long* id) {
  return for_context(__func__, handle, [&](Context& context) {
    if (id == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *id = context.id;
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuCtxGetApiVersion(CUcontext handle, unsigned int* version) {
  return for_context(__func__, handle, [&](Context& context) {
    if (version == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *version = context.api_version;
    return CUDA_SUCCESS;
  });
}
