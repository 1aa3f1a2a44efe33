// What a node of a graph does, in the driver's terms and back.
#pragma once

#include <cuda.h>
#include <cuda_runtime_api.h>

namespace simcudart {

cudaError_t kernel_node(const cudaKernelNodeParams& asked, CUDA_KERNEL_NODE_PARAMS_v2* out);
cudaKernelNodeParams kernel_of(const CUDA_KERNEL_NODE_PARAMS_v2& node);

CUDA_MEMSET_NODE_PARAMS_v1 fill_node(const cudaMemsetParams& asked);
cudaMemsetParams fill_of(const CUDA_MEMSET_NODE_PARAMS_v1& node);

/// A copy of one line, as cudaGraphAddMemcpyNode1D means it.
CUDA_MEMCPY3D line_node(void* to, const void* from, size_t bytes, cudaMemcpyKind kind);

/// The context that a node's work runs in.
CUcontext node_context();

/// A node of any kind. cudaErrorNotSupported: of a kind that is not simulated.
cudaError_t any_node(const cudaGraphNodeParams& asked, CUgraphNodeParams* out);

}  // namespace simcudart
