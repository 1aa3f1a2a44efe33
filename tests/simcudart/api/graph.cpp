// Graphs: their life, their shape, instances of them. Nodes are in graph_node.cpp, launching in streamed/capture.cpp.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

cudaError_t cudaGraphCreate(cudaGraph_t* out, unsigned flags) {
  return in_context([&] { return DRIVER(cuGraphCreate, 10000)(out, flags); });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return in_context([&] { return DRIVER(cuGraphDestroy, 10000)(graph); });
}

cudaError_t cudaGraphClone(cudaGraph_t* out, cudaGraph_t graph) {
  return in_context([&] { return DRIVER(cuGraphClone, 10000)(out, graph); });
}

cudaError_t cudaGraphDestroyNode(cudaGraphNode_t node) {
  return in_context([&] { return DRIVER(cuGraphDestroyNode, 10000)(node); });
}

cudaError_t cudaGraphNodeFindInClone(cudaGraphNode_t* out, cudaGraphNode_t node, cudaGraph_t clone) {
  return in_context([&] { return DRIVER(cuGraphNodeFindInClone, 10000)(out, node, clone); });
}

cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* type) {
  return in_context([&] { return DRIVER(cuGraphNodeGetType, 10000)(node, same<CUgraphNodeType>(type)); });
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  return in_context([&] { return DRIVER(cuGraphGetNodes, 10000)(graph, nodes, count); });
}

cudaError_t cudaGraphGetRootNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  return in_context([&] { return DRIVER(cuGraphGetRootNodes, 10000)(graph, nodes, count); });
}

cudaError_t cudaGraphGetEdges(cudaGraph_t graph, cudaGraphNode_t* from, cudaGraphNode_t* to,
                              cudaGraphEdgeData* edges, size_t* count) {
  return in_context(
      [&] { return DRIVER(cuGraphGetEdges, 12030)(graph, from, to, same<CUgraphEdgeData>(edges), count); });
}

cudaError_t cudaGraphNodeGetDependencies(cudaGraphNode_t node, cudaGraphNode_t* list,
                                         cudaGraphEdgeData* edges, size_t* count) {
  return in_context([&] {
    return DRIVER(cuGraphNodeGetDependencies, 12030)(node, list, same<CUgraphEdgeData>(edges), count);
  });
}

cudaError_t cudaGraphNodeGetDependentNodes(cudaGraphNode_t node, cudaGraphNode_t* list,
                                           cudaGraphEdgeData* edges, size_t* count) {
  return in_context([&] {
    return DRIVER(cuGraphNodeGetDependentNodes, 12030)(node, list, same<CUgraphEdgeData>(edges), count);
  });
}

cudaError_t cudaGraphAddDependencies(cudaGraph_t graph, const cudaGraphNode_t* from,
                                     const cudaGraphNode_t* to, const cudaGraphEdgeData* edges,
                                     size_t count) {
  return in_context([&] {
    return DRIVER(cuGraphAddDependencies, 12030)(graph, from, to, same<CUgraphEdgeData>(edges), count);
  });
}

cudaError_t cudaGraphRemoveDependencies(cudaGraph_t graph, const cudaGraphNode_t* from,
                                        const cudaGraphNode_t* to, const cudaGraphEdgeData* edges,
                                        size_t count) {
  return in_context([&] {
    return DRIVER(cuGraphRemoveDependencies, 12030)(graph, from, to, same<CUgraphEdgeData>(edges), count);
  });
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* out, cudaGraph_t graph, unsigned long long flags) {
  return in_context([&] { return DRIVER(cuGraphInstantiateWithFlags, 11040)(out, graph, flags); });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* out, cudaGraph_t graph, unsigned long long flags) {
  return cudaGraphInstantiateWithFlags(out, graph, flags);
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  return in_context([&] { return DRIVER(cuGraphExecDestroy, 10000)(exec); });
}

cudaError_t cudaGraphExecGetFlags(cudaGraphExec_t exec, unsigned long long* flags) {
  return in_context([&] {
    cuuint64_t found = 0;
    const CUresult result = DRIVER(cuGraphExecGetFlags, 12000)(exec, &found);
    if (result == CUDA_SUCCESS) *flags = found;
    return result;
  });
}

cudaError_t cudaGraphExecUpdate(cudaGraphExec_t exec, cudaGraph_t graph,
                                cudaGraphExecUpdateResultInfo* result) {
  return in_context([&] {
    return DRIVER(cuGraphExecUpdate, 12000)(exec, graph, same<CUgraphExecUpdateResultInfo>(result));
  });
}

cudaError_t cudaGraphNodeSetEnabled(cudaGraphExec_t exec, cudaGraphNode_t node, unsigned enabled) {
  return in_context([&] { return DRIVER(cuGraphNodeSetEnabled, 11060)(exec, node, enabled); });
}

cudaError_t cudaGraphNodeGetEnabled(cudaGraphExec_t exec, cudaGraphNode_t node, unsigned* enabled) {
  return in_context([&] { return DRIVER(cuGraphNodeGetEnabled, 11060)(exec, node, enabled); });
}

cudaError_t cudaGraphDebugDotPrint(cudaGraph_t graph, const char* path, unsigned flags) {
  return in_context([&] { return DRIVER(cuGraphDebugDotPrint, 11030)(graph, path, flags); });
}

cudaError_t cudaDeviceGraphMemTrim(int device) {
  return in_context([&] { return DRIVER(cuDeviceGraphMemTrim, 11040)(device); });
}

cudaError_t cudaDeviceGetGraphMemAttribute(int device, cudaGraphMemAttributeType which, void* value) {
  return in_context([&] {
    return DRIVER(cuDeviceGetGraphMemAttribute, 11040)(device, same<CUgraphMem_attribute>(which), value);
  });
}

cudaError_t cudaDeviceSetGraphMemAttribute(int device, cudaGraphMemAttributeType which, void* value) {
  return in_context([&] {
    return DRIVER(cuDeviceSetGraphMemAttribute, 11040)(device, same<CUgraphMem_attribute>(which), value);
  });
}

cudaError_t cudaUserObjectCreate(cudaUserObject_t* out, void* data, cudaHostFn_t destroy, unsigned count,
                                 unsigned flags) {
  return in_context([&] { return DRIVER(cuUserObjectCreate, 11030)(out, data, destroy, count, flags); });
}

cudaError_t cudaUserObjectRetain(cudaUserObject_t object, unsigned count) {
  return in_context([&] { return DRIVER(cuUserObjectRetain, 11030)(object, count); });
}

cudaError_t cudaUserObjectRelease(cudaUserObject_t object, unsigned count) {
  return in_context([&] { return DRIVER(cuUserObjectRelease, 11030)(object, count); });
}

cudaError_t cudaGraphRetainUserObject(cudaGraph_t graph, cudaUserObject_t object, unsigned count,
                                      unsigned flags) {
  return in_context([&] { return DRIVER(cuGraphRetainUserObject, 11030)(graph, object, count, flags); });
}

cudaError_t cudaGraphReleaseUserObject(cudaGraph_t graph, cudaUserObject_t object, unsigned count) {
  return in_context([&] { return DRIVER(cuGraphReleaseUserObject, 11030)(graph, object, count); });
}
