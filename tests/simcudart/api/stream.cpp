// Streams and events, as far as it does not matter which default stream is meant; the rest is in streamed/.
#include <cuda_profiler_api.h>
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

cudaError_t cudaStreamCreate(cudaStream_t* out) { return cudaStreamCreateWithFlags(out, cudaStreamDefault); }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* out, unsigned flags) {
  return in_context([&] { return DRIVER(cuStreamCreate, 2000)(out, flags); });
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* out, unsigned flags, int priority) {
  return in_context([&] { return DRIVER(cuStreamCreateWithPriority, 5050)(out, flags, priority); });
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return in_context([&] { return DRIVER(cuStreamDestroy, 4000)(stream); });
}

cudaError_t cudaEventCreate(cudaEvent_t* out) { return cudaEventCreateWithFlags(out, cudaEventDefault); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* out, unsigned flags) {
  return in_context([&] { return DRIVER(cuEventCreate, 2000)(out, flags); });
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return in_context([&] { return DRIVER(cuEventDestroy, 4000)(event); });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  return in_context([&] { return DRIVER(cuEventQuery, 2000)(event); });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return in_context([&] { return DRIVER(cuEventSynchronize, 2000)(event); });
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t from, cudaEvent_t to) {
  return in_context([&] { return DRIVER(cuEventElapsedTime, 12080)(milliseconds, from, to); });
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  return in_context(
      [&] { return DRIVER(cuThreadExchangeStreamCaptureMode, 10010)(same<CUstreamCaptureMode>(mode)); });
}

cudaError_t cudaProfilerStart() {
  return in_context([] { return DRIVER(cuProfilerStart, 4000)(); });
}

cudaError_t cudaProfilerStop() {
  return in_context([] { return DRIVER(cuProfilerStop, 4000)(); });
}

// Peer copies have no twin for the per-thread default stream.
cudaError_t cudaMemcpyPeer(void* to, int to_device, const void* from, int from_device, size_t bytes) {
  return in_context([&]() -> CUresult {
    CUcontext there = nullptr, here = nullptr;
    CUresult result = primary_context(to_device, &there);
    if (result == CUDA_SUCCESS) result = primary_context(from_device, &here);
    if (result != CUDA_SUCCESS) return result;
    return DRIVER(cuMemcpyPeer, 4000)(address_of(to), there, address_of(from), here, bytes);
  });
}

cudaError_t cudaMemcpyPeerAsync(void* to, int to_device, const void* from, int from_device, size_t bytes,
                                cudaStream_t stream) {
  return in_context([&]() -> CUresult {
    CUcontext there = nullptr, here = nullptr;
    CUresult result = primary_context(to_device, &there);
    if (result == CUDA_SUCCESS) result = primary_context(from_device, &here);
    if (result != CUDA_SUCCESS) return result;
    return DRIVER(cuMemcpyPeerAsync, 4000)(address_of(to), there, address_of(from), here, bytes, stream);
  });
}
