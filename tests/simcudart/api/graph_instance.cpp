// Nodes of instantiated graphs: changing what they do.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/copy.hpp"
#include "convert/node.hpp"
#include "convert/same.hpp"

using namespace simcudart;

cudaError_t cudaGraphExecKernelNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
                                             const cudaKernelNodeParams* kernel) {
  return in_context([&] {
    CUDA_KERNEL_NODE_PARAMS_v2 wanted{};
    const cudaError_t error = kernel_node(*kernel, &wanted);
    return error != cudaSuccess
               ? error
               : error_of(DRIVER(cuGraphExecKernelNodeSetParams, 12000)(exec, node, &wanted));
  });
}

cudaError_t cudaGraphExecMemcpyNodeSetParams1D(cudaGraphExec_t exec, cudaGraphNode_t node, void* to,
                                               const void* from, size_t bytes, cudaMemcpyKind kind) {
  return in_context([&] {
    const CUDA_MEMCPY3D copy = line_node(to, from, bytes, kind);
    return DRIVER(cuGraphExecMemcpyNodeSetParams, 10020)(exec, node, &copy, node_context());
  });
}

cudaError_t cudaGraphExecMemcpyNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
                                             const cudaMemcpy3DParms* asked) {
  return in_context([&] {
    CUDA_MEMCPY3D copy{};
    const cudaError_t error = box_copy(*asked, &copy);
    if (error != cudaSuccess) return error;
    return error_of(DRIVER(cuGraphExecMemcpyNodeSetParams, 10020)(exec, node, &copy, node_context()));
  });
}

cudaError_t cudaGraphExecMemsetNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
                                             const cudaMemsetParams* asked) {
  return in_context([&] {
    const CUDA_MEMSET_NODE_PARAMS_v1 fill = fill_node(*asked);
    return DRIVER(cuGraphExecMemsetNodeSetParams, 10020)(exec, node, &fill, node_context());
  });
}

cudaError_t cudaGraphExecHostNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
                                           const cudaHostNodeParams* asked) {
  return in_context([&] {
    return DRIVER(cuGraphExecHostNodeSetParams, 10020)(exec, node, same<CUDA_HOST_NODE_PARAMS_v1>(asked));
  });
}

cudaError_t cudaGraphExecChildGraphNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
                                                 cudaGraph_t child) {
  return in_context([&] { return DRIVER(cuGraphExecChildGraphNodeSetParams, 11010)(exec, node, child); });
}

cudaError_t cudaGraphExecEventRecordNodeSetEvent(cudaGraphExec_t exec, cudaGraphNode_t node,
                                                 cudaEvent_t event) {
  return in_context([&] { return DRIVER(cuGraphExecEventRecordNodeSetEvent, 11010)(exec, node, event); });
}

cudaError_t cudaGraphExecEventWaitNodeSetEvent(cudaGraphExec_t exec, cudaGraphNode_t node,
                                               cudaEvent_t event) {
  return in_context([&] { return DRIVER(cuGraphExecEventWaitNodeSetEvent, 11010)(exec, node, event); });
}
