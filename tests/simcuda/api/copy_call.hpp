// A copy or fill as an entry point asks for it, and when its caller may go on.
#pragma once

#include "api/twins.hpp"
#include "graph/copy.hpp"

namespace simcuda {

enum class Returns {
  when_done,  // cuMemcpy*: but not for copies that stay on devices
  at_once,  // cuMemcpy*Async: but only when the program cannot see the difference, as it could in pageable memory
};

struct CopyCall {
  Context& context;
  CUstream stream;  // of synchronous calls: 0
  bool per_thread;
  Returns returns;
  const char* what;
};

CUresult copy(const CopyCall& call, graph::Copy asked);
CUresult fill(const CopyCall& call, const graph::Fill& asked);

inline graph::Side device_side(CUdeviceptr address) {
  return {.type = CU_MEMORYTYPE_DEVICE, .address = address};
}
inline graph::Side unified_side(CUdeviceptr address) { return {.address = address}; }
inline graph::Side host_side(const void* address) {
  return {.type = CU_MEMORYTYPE_HOST, .address = reinterpret_cast<CUdeviceptr>(address)};
}
inline graph::Side array_side(CUarray array, std::size_t offset) {
  return {.type = CU_MEMORYTYPE_ARRAY, .array = array, .x = offset};
}
inline graph::Copy row(graph::Side to, graph::Side from, std::size_t bytes) {
  return {.from = from, .to = to, .width = bytes};
}

// False: a member has a value that means nothing.
bool copy_of(const CUDA_MEMCPY2D* asked, graph::Copy& copy);
bool copy_of(const CUDA_MEMCPY3D* asked, graph::Copy& copy);
bool copy_of(const CUDA_MEMCPY3D_PEER* asked, graph::Copy& copy);
bool copy_of(const CUDA_MEMCPY2D_v1* asked, graph::Copy& copy);
bool copy_of(const CUDA_MEMCPY3D_v1* asked, graph::Copy& copy);
CUDA_MEMCPY3D parameters_of(const graph::Copy& copy);

}  // namespace simcuda
