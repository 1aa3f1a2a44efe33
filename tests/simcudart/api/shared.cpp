// What processes share: IPC handles of memory and events, imported external memory.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

namespace {

CUexternalMemory driver_handle(cudaExternalMemory_t memory) {
  return reinterpret_cast<CUexternalMemory>(memory);
}

}  // namespace

cudaError_t cudaIpcGetMemHandle(cudaIpcMemHandle_t* handle, void* memory) {
  return in_context(
      [&] { return DRIVER(cuIpcGetMemHandle, 4010)(same<CUipcMemHandle>(handle), address_of(memory)); });
}

cudaError_t cudaIpcOpenMemHandle(void** memory, cudaIpcMemHandle_t handle, unsigned flags) {
  return in_context([&] {
    return DRIVER(cuIpcOpenMemHandle, 11000)(address_out(memory), *same<CUipcMemHandle>(&handle), flags);
  });
}

cudaError_t cudaIpcCloseMemHandle(void* memory) {
  return in_context([&] { return DRIVER(cuIpcCloseMemHandle, 4010)(address_of(memory)); });
}

cudaError_t cudaIpcGetEventHandle(cudaIpcEventHandle_t* handle, cudaEvent_t event) {
  return in_context([&] { return DRIVER(cuIpcGetEventHandle, 4010)(same<CUipcEventHandle>(handle), event); });
}

cudaError_t cudaIpcOpenEventHandle(cudaEvent_t* event, cudaIpcEventHandle_t handle) {
  return in_context(
      [&] { return DRIVER(cuIpcOpenEventHandle, 4010)(event, *same<CUipcEventHandle>(&handle)); });
}

cudaError_t cudaImportExternalMemory(cudaExternalMemory_t* out, const cudaExternalMemoryHandleDesc* desc) {
  return in_context([&] {
    return DRIVER(cuImportExternalMemory, 10000)(reinterpret_cast<CUexternalMemory*>(out),
                                                 same<CUDA_EXTERNAL_MEMORY_HANDLE_DESC>(desc));
  });
}

cudaError_t cudaExternalMemoryGetMappedBuffer(void** out, cudaExternalMemory_t memory,
                                              const cudaExternalMemoryBufferDesc* desc) {
  return in_context([&] {
    return DRIVER(cuExternalMemoryGetMappedBuffer, 10000)(address_out(out), driver_handle(memory),
                                                          same<CUDA_EXTERNAL_MEMORY_BUFFER_DESC>(desc));
  });
}

cudaError_t cudaDestroyExternalMemory(cudaExternalMemory_t memory) {
  return in_context([&] { return DRIVER(cuDestroyExternalMemory, 10000)(driver_handle(memory)); });
}
