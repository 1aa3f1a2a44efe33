#include "convert/node.hpp"

#include <cstring>

#include "base/driver.hpp"
#include "base/log.hpp"
#include "base/state.hpp"
#include "convert/copy.hpp"
#include "convert/same.hpp"
#include "module/registry.hpp"

namespace simcudart {

cudaError_t kernel_node(const cudaKernelNodeParams& asked, CUDA_KERNEL_NODE_PARAMS_v2* out) {
  CUDA_KERNEL_NODE_PARAMS_v2 node{};
  const cudaError_t error = find_function(asked.func, &node.func);
  if (error != cudaSuccess) return error;
  node.gridDimX = asked.gridDim.x;
  node.gridDimY = asked.gridDim.y;
  node.gridDimZ = asked.gridDim.z;
  node.blockDimX = asked.blockDim.x;
  node.blockDimY = asked.blockDim.y;
  node.blockDimZ = asked.blockDim.z;
  node.sharedMemBytes = asked.sharedMemBytes;
  node.kernelParams = asked.kernelParams;
  node.extra = asked.extra;
  *out = node;
  return cudaSuccess;
}

cudaKernelNodeParams kernel_of(const CUDA_KERNEL_NODE_PARAMS_v2& node) {
  cudaKernelNodeParams kernel{};
  kernel.func = node.kern != nullptr ? static_cast<void*>(node.kern) : static_cast<void*>(node.func);
  kernel.gridDim = {node.gridDimX, node.gridDimY, node.gridDimZ};
  kernel.blockDim = {node.blockDimX, node.blockDimY, node.blockDimZ};
  kernel.sharedMemBytes = node.sharedMemBytes;
  kernel.kernelParams = node.kernelParams;
  kernel.extra = node.extra;
  return kernel;
}

CUDA_MEMSET_NODE_PARAMS_v1 fill_node(const cudaMemsetParams& asked) {
  return {address_of(asked.dst), asked.pitch, asked.value, asked.elementSize, asked.width, asked.height};
}

cudaMemsetParams fill_of(const CUDA_MEMSET_NODE_PARAMS_v1& node) {
  return {
      reinterpret_cast<void*>(node.dst), node.pitch, node.value, node.elementSize, node.width, node.height};
}

CUDA_MEMCPY3D line_node(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  cudaMemcpy3DParms line{};
  line.srcPtr = {const_cast<void*>(from), bytes, bytes, 1};
  line.dstPtr = {to, bytes, bytes, 1};
  line.extent = {bytes, 1, 1};
  line.kind = kind;
  CUDA_MEMCPY3D copy{};
  box_copy(line, &copy);  // without arrays it cannot fail
  return copy;
}

CUcontext node_context() {
  CUcontext context = nullptr;
  DRIVER(cuCtxGetCurrent, 4000)(&context);
  return context;
}

cudaError_t any_node(const cudaGraphNodeParams& asked, CUgraphNodeParams* out) {
  CUgraphNodeParams node{};
  node.type = same<CUgraphNodeType>(asked.type);
  switch (asked.type) {
    case cudaGraphNodeTypeKernel: {
      const cudaKernelNodeParamsV2& kernel = asked.kernel;
      CUDA_KERNEL_NODE_PARAMS_v2 found{};
      const cudaError_t error = kernel_node({kernel.func, kernel.gridDim, kernel.blockDim,
                                             kernel.sharedMemBytes, kernel.kernelParams, kernel.extra},
                                            &found);
      if (error != cudaSuccess) return error;
      std::memcpy(&node.kernel, &found, sizeof found);
      break;
    }
    case cudaGraphNodeTypeMemcpy: {
      node.memcpy.flags = asked.memcpy.flags;
      node.memcpy.copyCtx = node_context();
      const cudaError_t error = box_copy(asked.memcpy.copyParams, &node.memcpy.copyParams);
      if (error != cudaSuccess) return error;
      break;
    }
    case cudaGraphNodeTypeMemset:
      std::memcpy(&node.memset, &asked.memset, sizeof asked.memset);
      node.memset.ctx = node_context();
      break;
    case cudaGraphNodeTypeHost:
    case cudaGraphNodeTypeGraph:
    case cudaGraphNodeTypeEmpty:
    case cudaGraphNodeTypeWaitEvent:
    case cudaGraphNodeTypeEventRecord:
    case cudaGraphNodeTypeMemAlloc:
    case cudaGraphNodeTypeMemFree:
      // The same bytes for both; what a node puts out (a memory node's address) is copied back by the caller.
      static_assert(sizeof node.reserved1 == sizeof asked.reserved1);
      std::memcpy(node.reserved1, asked.reserved1, sizeof node.reserved1);
      break;
    default: return not_simulated("a graph node of this kind");
  }
  *out = node;
  return cudaSuccess;
}

}  // namespace simcudart
