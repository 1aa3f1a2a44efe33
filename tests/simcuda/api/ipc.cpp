// Device memory and events between processes by handle.
#include <cuda.h>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "device/drain.hpp"
#include "engine/events.hpp"
#include "memory/ipc.hpp"
#include "memory/ipc_event.hpp"

using namespace simcuda;
using namespace simcuda::memory;

namespace {

CUresult open_handle(const char* name, CUdeviceptr* base, const CUipcMemHandle& handle, unsigned flags) {
  return in_context(name, [&](Context& context) -> CUresult {
    if (base == nullptr || flags != CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return open_memory(base, handle, context); });
  });
}

}  // namespace

extern "C" CUresult CUDAAPI cuIpcGetMemHandle(CUipcMemHandle* handle, CUdeviceptr address) {
  return in_context(__func__, [&](Context&) -> CUresult {
    if (handle == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] { return export_memory(handle, address); });
  });
}

extern "C" CUresult CUDAAPI cuIpcOpenMemHandle(CUdeviceptr* base, CUipcMemHandle handle, unsigned int flags) {
  return open_handle(__func__, base, handle, flags);
}

extern "C" CUresult CUDAAPI cuIpcOpenMemHandle_v2(CUdeviceptr* base, CUipcMemHandle handle,
                                                  unsigned int flags) {
  return open_handle(__func__, base, handle, flags);
}

// Work that is queued may still use the memory: as cuMemFree does, this waits for it.
extern "C" CUresult CUDAAPI cuIpcCloseMemHandle(CUdeviceptr base) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    const CUresult left = drain(context);
    if (left != CUDA_SUCCESS) return left;
    return locked([&] { return close_memory(base, context); });
  });
}

extern "C" CUresult CUDAAPI cuIpcGetEventHandle(CUipcEventHandle* handle, CUevent event) {
  return in_context(__func__, [&](Context&) -> CUresult {
    if (handle == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const engine::EventRef found = engine::find_event(event);
    return found ? export_event(handle, found) : CUDA_ERROR_INVALID_HANDLE;
  });
}

extern "C" CUresult CUDAAPI cuIpcOpenEventHandle(CUevent* event, CUipcEventHandle handle) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    if (event == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return import_event(event, handle, context.handle());
  });
}
