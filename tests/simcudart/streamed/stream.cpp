// Streams and events. Compiled twice: see CMakeLists.txt.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return in_context([&] { return STREAMED(cuStreamSynchronize, 2000)(stream); });
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  return in_context([&] { return STREAMED(cuStreamQuery, 2000)(stream); });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags) {
  return in_context([&] { return STREAMED(cuStreamWaitEvent, 3020)(stream, event, flags); });
}

cudaError_t cudaStreamGetPriority(cudaStream_t stream, int* priority) {
  return in_context([&] { return STREAMED(cuStreamGetPriority, 5050)(stream, priority); });
}

cudaError_t cudaStreamGetFlags(cudaStream_t stream, unsigned* flags) {
  return in_context([&] { return STREAMED(cuStreamGetFlags, 5050)(stream, flags); });
}

cudaError_t cudaStreamGetId(cudaStream_t stream, unsigned long long* id) {
  return in_context([&] { return STREAMED(cuStreamGetId, 12000)(stream, id); });
}

cudaError_t cudaStreamGetDevice(cudaStream_t stream, int* device) {
  return in_context([&] { return STREAMED(cuStreamGetDevice, 12080)(stream, device); });
}

cudaError_t cudaStreamCopyAttributes(cudaStream_t to, cudaStream_t from) {
  return in_context([&] { return STREAMED(cuStreamCopyAttributes, 11000)(to, from); });
}

cudaError_t cudaStreamGetAttribute(cudaStream_t stream, cudaStreamAttrID which, cudaStreamAttrValue* value) {
  return in_context([&] {
    return STREAMED(cuStreamGetAttribute, 11000)(stream, same<CUstreamAttrID>(which),
                                                 same<CUstreamAttrValue>(value));
  });
}

cudaError_t cudaStreamSetAttribute(cudaStream_t stream, cudaStreamAttrID which,
                                   const cudaStreamAttrValue* value) {
  return in_context([&] {
    return STREAMED(cuStreamSetAttribute, 11000)(stream, same<CUstreamAttrID>(which),
                                                 same<CUstreamAttrValue>(value));
  });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return in_context([&] { return STREAMED(cuEventRecord, 2000)(event, stream); });
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned flags) {
  return in_context([&] { return STREAMED(cuEventRecordWithFlags, 11010)(event, stream, flags); });
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  return in_context([&] { return STREAMED(cuLaunchHostFunc, 10000)(stream, function, data); });
}

namespace {

/// The driver's callback gets the driver's error; the program's wants the runtime's.
struct Callback {
  cudaStreamCallback_t function;
  void* data;
};

void call_back(CUstream stream, CUresult result, void* data) {
  const Callback callback = *static_cast<Callback*>(data);
  delete static_cast<Callback*>(data);
  callback.function(stream, error_of(result), callback.data);
}

}  // namespace

cudaError_t cudaStreamAddCallback(cudaStream_t stream, cudaStreamCallback_t function, void* data,
                                  unsigned flags) {
  return in_context([&] {
    auto* callback = new Callback{function, data};
    const CUresult result = STREAMED(cuStreamAddCallback, 5000)(stream, call_back, callback, flags);
    if (result != CUDA_SUCCESS) delete callback;
    return result;
  });
}
