// Copies, synchronous and asynchronous. The old ABIs have 32-bit addresses and sizes, and no per-thread twins.
#include "api/copy_call.hpp"

namespace simcuda {
namespace {

template <class Asked>
CUresult copy_struct(const CopyCall& call, const Asked* asked) {
  graph::Copy made;
  return copy_of(asked, made) ? copy(call, made) : CUDA_ERROR_INVALID_VALUE;
}

CUresult peer_copy(const CopyCall& call, CUdeviceptr to, CUcontext to_context, CUdeviceptr from,
                   CUcontext from_context, size_t bytes) {
  for (CUcontext each : {to_context, from_context})
    if (context_of(each) == nullptr || !context_of(each)->alive) return CUDA_ERROR_INVALID_CONTEXT;
  return copy(call, row(device_side(to), device_side(from), bytes));
}

// Stream 0 means a stream that could not tell in which order a batch ran.
CUresult batch(const CopyCall& call, CUdeviceptr* to, CUdeviceptr* from, size_t* bytes, size_t count,
               size_t* failed) {
  if (failed != nullptr) *failed = SIZE_MAX;
  if (to == nullptr || from == nullptr || bytes == nullptr || count == 0) return CUDA_ERROR_INVALID_VALUE;
  if (call.stream == CU_STREAM_LEGACY || (call.stream == nullptr && !call.per_thread))
    return CUDA_ERROR_INVALID_VALUE;
  for (size_t i = 0; i < count; ++i) {
    const graph::Copy each = row(unified_side(to[i]), unified_side(from[i]), bytes[i]);
    const CUresult result = bytes[i] == 0 ? CUDA_ERROR_INVALID_VALUE : graph::check_copy(each);
    if (result == CUDA_SUCCESS) continue;
    if (failed != nullptr) *failed = i;
    return result;
  }
  CUresult result = CUDA_SUCCESS;
  for (size_t i = 0; i < count && result == CUDA_SUCCESS; ++i)
    result = copy(call, row(unified_side(to[i]), unified_side(from[i]), bytes[i]));
  return result;
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

#define NOW(name) \
  CopyCall { context, nullptr, per_thread, Returns::when_done, name }
#define LATER(name) \
  CopyCall { context, stream, per_thread, Returns::at_once, name }

// Both ABIs of a synchronous copy, and of an asynchronous one.
#define COPY(name, old_parameters, parameters, ...)                                      \
  SIMCUDA_ENTRY(name, false, old_parameters, return copy(NOW(#name), row(__VA_ARGS__));) \
  SIMCUDA_TWINS(name##_v2, _ptds, parameters, return copy(NOW(#name), row(__VA_ARGS__));)
#define COPY_ASYNC(name, old_parameters, parameters, ...)                                  \
  SIMCUDA_ENTRY(name, false, old_parameters, return copy(LATER(#name), row(__VA_ARGS__));) \
  SIMCUDA_TWINS(name##_v2, _ptsz, parameters, return copy(LATER(#name), row(__VA_ARGS__));)
#define COPY_STRUCT(name, type)                                                                \
  SIMCUDA_ENTRY(name, false, (const type##_v1* asked), return copy_struct(NOW(#name), asked);) \
  SIMCUDA_TWINS(name##_v2, _ptds, (const type* asked), return copy_struct(NOW(#name), asked);)
#define COPY_STRUCT_ASYNC(name, type)                                   \
  SIMCUDA_ENTRY(name, false, (const type##_v1* asked, CUstream stream), \
                return copy_struct(LATER(#name), asked);)               \
  SIMCUDA_TWINS(name##_v2, _ptsz, (const type* asked, CUstream stream), \
                return copy_struct(LATER(#name), asked);)

SIMCUDA_TWINS(cuMemcpy, _ptds, (CUdeviceptr to, CUdeviceptr from, size_t bytes),
              return copy(NOW("cuMemcpy"), row(unified_side(to), unified_side(from), bytes));)
SIMCUDA_TWINS(cuMemcpyAsync, _ptsz, (CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream),
              return copy(LATER("cuMemcpyAsync"), row(unified_side(to), unified_side(from), bytes));)
SIMCUDA_TWINS(cuMemcpyPeer, _ptds,
              (CUdeviceptr to, CUcontext to_context, CUdeviceptr from, CUcontext from_context, size_t bytes),
              return peer_copy(NOW("cuMemcpyPeer"), to, to_context, from, from_context, bytes);)
SIMCUDA_TWINS(cuMemcpyPeerAsync, _ptsz,
              (CUdeviceptr to, CUcontext to_context, CUdeviceptr from, CUcontext from_context, size_t bytes,
               CUstream stream),
              return peer_copy(LATER("cuMemcpyPeerAsync"), to, to_context, from, from_context, bytes);)
SIMCUDA_TWINS(cuMemcpy3DPeer, _ptds, (const CUDA_MEMCPY3D_PEER* asked),
              return copy_struct(NOW("cuMemcpy3DPeer"), asked);)
SIMCUDA_TWINS(cuMemcpy3DPeerAsync, _ptsz, (const CUDA_MEMCPY3D_PEER* asked, CUstream stream),
              return copy_struct(LATER("cuMemcpy3DPeerAsync"), asked);)

COPY(cuMemcpyHtoD, (CUdeviceptr_v1 to, const void* from, unsigned int bytes),
     (CUdeviceptr to, const void* from, size_t bytes), device_side(to), host_side(from), bytes)
COPY(cuMemcpyDtoH, (void* to, CUdeviceptr_v1 from, unsigned int bytes),
     (void* to, CUdeviceptr from, size_t bytes), host_side(to), device_side(from), bytes)
COPY(cuMemcpyDtoD, (CUdeviceptr_v1 to, CUdeviceptr_v1 from, unsigned int bytes),
     (CUdeviceptr to, CUdeviceptr from, size_t bytes), device_side(to), device_side(from), bytes)
COPY(cuMemcpyDtoA, (CUarray to, unsigned int offset, CUdeviceptr_v1 from, unsigned int bytes),
     (CUarray to, size_t offset, CUdeviceptr from, size_t bytes), array_side(to, offset), device_side(from),
     bytes)
COPY(cuMemcpyAtoD, (CUdeviceptr_v1 to, CUarray from, unsigned int offset, unsigned int bytes),
     (CUdeviceptr to, CUarray from, size_t offset, size_t bytes), device_side(to), array_side(from, offset),
     bytes)
COPY(cuMemcpyHtoA, (CUarray to, unsigned int offset, const void* from, unsigned int bytes),
     (CUarray to, size_t offset, const void* from, size_t bytes), array_side(to, offset), host_side(from),
     bytes)
COPY(cuMemcpyAtoH, (void* to, CUarray from, unsigned int offset, unsigned int bytes),
     (void* to, CUarray from, size_t offset, size_t bytes), host_side(to), array_side(from, offset), bytes)
COPY(cuMemcpyAtoA,
     (CUarray to, unsigned int to_offset, CUarray from, unsigned int from_offset, unsigned int bytes),
     (CUarray to, size_t to_offset, CUarray from, size_t from_offset, size_t bytes),
     array_side(to, to_offset), array_side(from, from_offset), bytes)

COPY_ASYNC(cuMemcpyHtoDAsync, (CUdeviceptr_v1 to, const void* from, unsigned int bytes, CUstream stream),
           (CUdeviceptr to, const void* from, size_t bytes, CUstream stream), device_side(to),
           host_side(from), bytes)
COPY_ASYNC(cuMemcpyDtoHAsync, (void* to, CUdeviceptr_v1 from, unsigned int bytes, CUstream stream),
           (void* to, CUdeviceptr from, size_t bytes, CUstream stream), host_side(to), device_side(from),
           bytes)
COPY_ASYNC(cuMemcpyDtoDAsync, (CUdeviceptr_v1 to, CUdeviceptr_v1 from, unsigned int bytes, CUstream stream),
           (CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream), device_side(to),
           device_side(from), bytes)
COPY_ASYNC(cuMemcpyHtoAAsync,
           (CUarray to, unsigned int offset, const void* from, unsigned int bytes, CUstream stream),
           (CUarray to, size_t offset, const void* from, size_t bytes, CUstream stream),
           array_side(to, offset), host_side(from), bytes)
COPY_ASYNC(cuMemcpyAtoHAsync,
           (void* to, CUarray from, unsigned int offset, unsigned int bytes, CUstream stream),
           (void* to, CUarray from, size_t offset, size_t bytes, CUstream stream), host_side(to),
           array_side(from, offset), bytes)

COPY_STRUCT(cuMemcpy2D, CUDA_MEMCPY2D)
COPY_STRUCT(cuMemcpy2DUnaligned, CUDA_MEMCPY2D)
COPY_STRUCT(cuMemcpy3D, CUDA_MEMCPY3D)
COPY_STRUCT_ASYNC(cuMemcpy2DAsync, CUDA_MEMCPY2D)
COPY_STRUCT_ASYNC(cuMemcpy3DAsync, CUDA_MEMCPY3D)

SIMCUDA_TWINS(cuMemcpyBatchAsync, _ptsz,
              (CUdeviceptr * to, CUdeviceptr* from, size_t* bytes, size_t count, CUmemcpyAttributes*, size_t*,
               size_t, size_t* failed, CUstream stream),
              return batch(LATER("cuMemcpyBatchAsync"), to, from, bytes, count, failed);)
SIMCUDA_TWINS(cuMemcpyBatchAsync_v2, _ptsz,
              (CUdeviceptr * to, CUdeviceptr* from, size_t* bytes, size_t count, CUmemcpyAttributes*, size_t*,
               size_t, CUstream stream),
              return batch(LATER("cuMemcpyBatchAsync"), to, from, bytes, count, nullptr);)
