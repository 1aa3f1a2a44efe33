// Nodes of graphs: adding them, asking what they do, changing it.
#include <cuda_runtime_api.h>

#include <cstring>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/copy.hpp"
#include "convert/node.hpp"
#include "convert/same.hpp"
#include "module/registry.hpp"

using namespace simcudart;

using Nodes = const cudaGraphNode_t*;

cudaError_t cudaGraphAddKernelNode(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after, size_t count,
                                   const cudaKernelNodeParams* kernel) {
  return in_context([&] {
    CUDA_KERNEL_NODE_PARAMS_v2 node{};
    const cudaError_t error = kernel_node(*kernel, &node);
    return error != cudaSuccess
               ? error
               : error_of(DRIVER(cuGraphAddKernelNode, 12000)(out, graph, after, count, &node));
  });
}

cudaError_t cudaGraphKernelNodeGetParams(cudaGraphNode_t node, cudaKernelNodeParams* out) {
  return in_context([&] {
    CUDA_KERNEL_NODE_PARAMS_v2 found{};
    const CUresult result = DRIVER(cuGraphKernelNodeGetParams, 12000)(node, &found);
    if (result == CUDA_SUCCESS) *out = kernel_of(found);
    return result;
  });
}

cudaError_t cudaGraphKernelNodeSetParams(cudaGraphNode_t node, const cudaKernelNodeParams* kernel) {
  return in_context([&] {
    CUDA_KERNEL_NODE_PARAMS_v2 wanted{};
    const cudaError_t error = kernel_node(*kernel, &wanted);
    return error != cudaSuccess ? error : error_of(DRIVER(cuGraphKernelNodeSetParams, 12000)(node, &wanted));
  });
}

cudaError_t cudaGraphAddMemcpyNode(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after, size_t count,
                                   const cudaMemcpy3DParms* asked) {
  return in_context([&] {
    CUDA_MEMCPY3D copy{};
    const cudaError_t error = box_copy(*asked, &copy);
    if (error != cudaSuccess) return error;
    return error_of(DRIVER(cuGraphAddMemcpyNode, 10000)(out, graph, after, count, &copy, node_context()));
  });
}

cudaError_t cudaGraphAddMemcpyNode1D(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after, size_t count,
                                     void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  return in_context([&] {
    const CUDA_MEMCPY3D copy = line_node(to, from, bytes, kind);
    return DRIVER(cuGraphAddMemcpyNode, 10000)(out, graph, after, count, &copy, node_context());
  });
}

cudaError_t cudaGraphMemcpyNodeGetParams(cudaGraphNode_t node, cudaMemcpy3DParms* out) {
  return in_context([&] {
    CUDA_MEMCPY3D copy{};
    const CUresult result = DRIVER(cuGraphMemcpyNodeGetParams, 10000)(node, &copy);
    if (result == CUDA_SUCCESS) *out = box_of(copy);
    return result;
  });
}

cudaError_t cudaGraphMemcpyNodeSetParams(cudaGraphNode_t node, const cudaMemcpy3DParms* asked) {
  return in_context([&] {
    CUDA_MEMCPY3D copy{};
    const cudaError_t error = box_copy(*asked, &copy);
    return error != cudaSuccess ? error : error_of(DRIVER(cuGraphMemcpyNodeSetParams, 10000)(node, &copy));
  });
}

cudaError_t cudaGraphMemcpyNodeSetParams1D(cudaGraphNode_t node, void* to, const void* from, size_t bytes,
                                           cudaMemcpyKind kind) {
  return in_context([&] {
    const CUDA_MEMCPY3D copy = line_node(to, from, bytes, kind);
    return DRIVER(cuGraphMemcpyNodeSetParams, 10000)(node, &copy);
  });
}

cudaError_t cudaGraphAddMemsetNode(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after, size_t count,
                                   const cudaMemsetParams* asked) {
  return in_context([&] {
    const CUDA_MEMSET_NODE_PARAMS_v1 fill = fill_node(*asked);
    return DRIVER(cuGraphAddMemsetNode, 10000)(out, graph, after, count, &fill, node_context());
  });
}

cudaError_t cudaGraphMemsetNodeGetParams(cudaGraphNode_t node, cudaMemsetParams* out) {
  return in_context([&] {
    CUDA_MEMSET_NODE_PARAMS_v1 fill{};
    const CUresult result = DRIVER(cuGraphMemsetNodeGetParams, 10000)(node, &fill);
    if (result == CUDA_SUCCESS) *out = fill_of(fill);
    return result;
  });
}

cudaError_t cudaGraphMemsetNodeSetParams(cudaGraphNode_t node, const cudaMemsetParams* asked) {
  return in_context([&] {
    const CUDA_MEMSET_NODE_PARAMS_v1 fill = fill_node(*asked);
    return DRIVER(cuGraphMemsetNodeSetParams, 10000)(node, &fill);
  });
}

cudaError_t cudaGraphAddHostNode(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after, size_t count,
                                 const cudaHostNodeParams* asked) {
  return in_context([&] {
    return DRIVER(cuGraphAddHostNode, 10000)(out, graph, after, count, same<CUDA_HOST_NODE_PARAMS_v1>(asked));
  });
}

cudaError_t cudaGraphHostNodeGetParams(cudaGraphNode_t node, cudaHostNodeParams* out) {
  return in_context(
      [&] { return DRIVER(cuGraphHostNodeGetParams, 10000)(node, same<CUDA_HOST_NODE_PARAMS_v1>(out)); });
}

cudaError_t cudaGraphHostNodeSetParams(cudaGraphNode_t node, const cudaHostNodeParams* asked) {
  return in_context(
      [&] { return DRIVER(cuGraphHostNodeSetParams, 10000)(node, same<CUDA_HOST_NODE_PARAMS_v1>(asked)); });
}

cudaError_t cudaGraphAddEmptyNode(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after, size_t count) {
  return in_context([&] { return DRIVER(cuGraphAddEmptyNode, 10000)(out, graph, after, count); });
}

cudaError_t cudaGraphAddChildGraphNode(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after, size_t count,
                                       cudaGraph_t child) {
  return in_context([&] { return DRIVER(cuGraphAddChildGraphNode, 10000)(out, graph, after, count, child); });
}

cudaError_t cudaGraphChildGraphNodeGetGraph(cudaGraphNode_t node, cudaGraph_t* out) {
  return in_context([&] { return DRIVER(cuGraphChildGraphNodeGetGraph, 10000)(node, out); });
}

cudaError_t cudaGraphAddEventRecordNode(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after, size_t count,
                                        cudaEvent_t event) {
  return in_context(
      [&] { return DRIVER(cuGraphAddEventRecordNode, 11010)(out, graph, after, count, event); });
}

cudaError_t cudaGraphAddEventWaitNode(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after, size_t count,
                                      cudaEvent_t event) {
  return in_context([&] { return DRIVER(cuGraphAddEventWaitNode, 11010)(out, graph, after, count, event); });
}

cudaError_t cudaGraphAddMemAllocNode(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after, size_t count,
                                     cudaMemAllocNodeParams* asked) {
  return in_context([&] {
    return DRIVER(cuGraphAddMemAllocNode, 11040)(out, graph, after, count,
                                                 same<CUDA_MEM_ALLOC_NODE_PARAMS_v1>(asked));
  });
}

cudaError_t cudaGraphMemAllocNodeGetParams(cudaGraphNode_t node, cudaMemAllocNodeParams* out) {
  return in_context([&] {
    return DRIVER(cuGraphMemAllocNodeGetParams, 11040)(node, same<CUDA_MEM_ALLOC_NODE_PARAMS_v1>(out));
  });
}

cudaError_t cudaGraphAddMemFreeNode(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after, size_t count,
                                    void* memory) {
  return in_context(
      [&] { return DRIVER(cuGraphAddMemFreeNode, 11040)(out, graph, after, count, address_of(memory)); });
}

cudaError_t cudaGraphMemFreeNodeGetParams(cudaGraphNode_t node, void* out) {
  return in_context(
      [&] { return DRIVER(cuGraphMemFreeNodeGetParams, 11040)(node, static_cast<CUdeviceptr*>(out)); });
}

cudaError_t cudaGraphAddNode(cudaGraphNode_t* out, cudaGraph_t graph, Nodes after,
                             const cudaGraphEdgeData* edges, size_t count, cudaGraphNodeParams* asked) {
  return in_context([&] {
    CUgraphNodeParams node{};
    const cudaError_t error = any_node(*asked, &node);
    if (error != cudaSuccess) return error;
    const auto add = DRIVER(cuGraphAddNode, 12030);
    const CUresult result = add(out, graph, after, same<CUgraphEdgeData>(edges), count, &node);
    if (result == CUDA_SUCCESS && asked->type == cudaGraphNodeTypeMemAlloc)
      asked->alloc.dptr = reinterpret_cast<void*>(node.alloc.dptr);
    return error_of(result);
  });
}
