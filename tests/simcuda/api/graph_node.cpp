// Nodes by type: added, asked for their parameters, and given others.
#include "api/copy_call.hpp"
#include "api/graph_call.hpp"
#include "graph/memory_nodes.hpp"

namespace simcuda {
namespace {

// What all cuGraphAdd*Node do: make the operation, add it.
template <class Make>
CUresult add_made(CUgraphNode* node, CUgraph handle, const CUgraphNode* before, size_t count, Make&& make) {
  graph::Operation operation;
  if (!graph::find_graph(handle)) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result = make(operation);
  return result != CUDA_SUCCESS ? result : add(node, handle, before, count, std::move(operation));
}

template <class Make>
CUresult set_made(CUgraphNode handle, Make&& make) {
  return with_node(handle, [&](graph::Node& node) {
    graph::Operation made;
    const CUresult result = make(made);
    return replace(node.operation, std::move(made), result);
  });
}

CUDA_KERNEL_NODE_PARAMS newer(const CUDA_KERNEL_NODE_PARAMS_v1& old) {
  return {old.func,      old.gridDimX,       old.gridDimY,     old.gridDimZ, old.blockDimX, old.blockDimY,
          old.blockDimZ, old.sharedMemBytes, old.kernelParams, old.extra,    nullptr,       nullptr};
}

CUresult free_node(CUdeviceptr address, graph::Operation& made) {
  if (!graph::is_graph_memory(address)) return CUDA_ERROR_INVALID_VALUE;
  made = graph::Free{address};
  return CUDA_SUCCESS;
}

CUresult event_out(CUgraphNode handle, CUevent* event, bool record) {
  return with_node(handle, [&](const graph::Node& node) {
    const auto* recorded = std::get_if<graph::Record>(&node.operation);
    const auto* waited = std::get_if<graph::Wait>(&node.operation);
    if (event == nullptr || (record ? recorded == nullptr : waited == nullptr))
      return CUDA_ERROR_INVALID_VALUE;
    *event = engine::handle_of(record ? recorded->event : waited->event);
    return CUDA_SUCCESS;
  });
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;
using graph::Operation;

// An add call with its parameters after the graph and the dependencies; `made` is the operation to make.
#define ADD(name, parameters, ...)                                                                        \
  SIMCUDA_GRAPH(name, parameters, {                                                                       \
    return add_made(node, into, before, count, [&](Operation& made) -> CUresult { return __VA_ARGS__; }); \
  })
#define WHERE CUgraphNode *node, CUgraph into, const CUgraphNode *before, size_t count

ADD(cuGraphAddKernelNode, (WHERE, const CUDA_KERNEL_NODE_PARAMS_v1* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(context, newer(*asked), made))
ADD(cuGraphAddKernelNode_v2, (WHERE, const CUDA_KERNEL_NODE_PARAMS* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(context, *asked, made))
ADD(cuGraphAddMemcpyNode, (WHERE, const CUDA_MEMCPY3D* asked, CUcontext),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(*asked, made))
ADD(cuGraphAddMemsetNode, (WHERE, const CUDA_MEMSET_NODE_PARAMS* asked, CUcontext),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(*asked, made))
ADD(cuGraphAddHostNode, (WHERE, const CUDA_HOST_NODE_PARAMS* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(asked->fn, asked->userData, made))
ADD(cuGraphAddChildGraphNode, (WHERE, CUgraph child), graph::operation_of(child, made))
ADD(cuGraphAddEmptyNode, (WHERE), (made = graph::Empty{}, CUDA_SUCCESS))
ADD(cuGraphAddEventRecordNode, (WHERE, CUevent event), graph::event_operation(event, true, made))
ADD(cuGraphAddEventWaitNode, (WHERE, CUevent event), graph::event_operation(event, false, made))
ADD(cuGraphAddBatchMemOpNode, (WHERE, const CUDA_BATCH_MEM_OP_NODE_PARAMS* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(*asked, made))
ADD(cuGraphAddMemAllocNode, (WHERE, CUDA_MEM_ALLOC_NODE_PARAMS* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::allocation_of(context, *asked, made))
ADD(cuGraphAddMemFreeNode, (WHERE, CUdeviceptr address), free_node(address, made))
ADD(cuGraphAddNode, (WHERE, CUgraphNodeParams* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(context, *asked, made))
SIMCUDA_GRAPH(cuGraphAddNode_v2,
              (CUgraphNode * node, CUgraph into, const CUgraphNode* before, const CUgraphEdgeData*,
               size_t count, CUgraphNodeParams* asked),
              {
                return add_made(node, into, before, count, [&](Operation& made) {
                  return asked == nullptr ? CUDA_ERROR_INVALID_VALUE
                                          : graph::operation_of(context, *asked, made);
                });
              })

SIMCUDA_GRAPH(cuGraphKernelNodeGetParams_v2, (CUgraphNode handle, CUDA_KERNEL_NODE_PARAMS* told), {
  return with_node_of<module::Launch>(handle, [&](graph::Node& node, const module::Launch&) {
    if (told == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *told = graph::kernel_parameters(node);
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphKernelNodeGetParams, (CUgraphNode handle, CUDA_KERNEL_NODE_PARAMS_v1* told), {
  return with_node_of<module::Launch>(handle, [&](graph::Node& node, const module::Launch&) {
    if (told == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const CUDA_KERNEL_NODE_PARAMS all = graph::kernel_parameters(node);
    *told = {all.func,      all.gridDimX,  all.gridDimY,       all.gridDimZ,     all.blockDimX,
             all.blockDimY, all.blockDimZ, all.sharedMemBytes, all.kernelParams, all.extra};
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphMemcpyNodeGetParams, (CUgraphNode handle, CUDA_MEMCPY3D* told), {
  return with_node_of<graph::Copy>(handle, [&](graph::Node&, const graph::Copy& copy) {
    if (told == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *told = parameters_of(copy);
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphMemsetNodeGetParams, (CUgraphNode handle, CUDA_MEMSET_NODE_PARAMS* told), {
  return with_node_of<graph::Fill>(handle, [&](graph::Node&, const graph::Fill& fill) {
    if (told == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *told = graph::fill_parameters(fill);
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphHostNodeGetParams, (CUgraphNode handle, CUDA_HOST_NODE_PARAMS* told), {
  return with_node_of<graph::Host>(handle, [&](graph::Node&, const graph::Host& host) {
    if (told == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *told = {host.function, host.user};
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphChildGraphNodeGetGraph, (CUgraphNode handle, CUgraph* told), {
  return with_node_of<graph::Child>(handle, [&](graph::Node&, const graph::Child& child) {
    if (told == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *told = graph::handle_of(child.graph.get());
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphBatchMemOpNodeGetParams, (CUgraphNode handle, CUDA_BATCH_MEM_OP_NODE_PARAMS* told), {
  return with_node_of<graph::MemoryOps>(handle, [&](graph::Node&, graph::MemoryOps& ops) {
    if (told == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *told = {context.handle(), static_cast<unsigned>(ops.list.size()), ops.list.data(), 0};
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphMemAllocNodeGetParams, (CUgraphNode handle, CUDA_MEM_ALLOC_NODE_PARAMS* told), {
  return with_node_of<graph::Allocate>(handle, [&](graph::Node&, const graph::Allocate& allocate) {
    if (told == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *told = allocate.parameters;
    told->accessDescs = allocate.access.data();
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphMemFreeNodeGetParams, (CUgraphNode handle, CUdeviceptr* told), {
  return with_node_of<graph::Free>(handle, [&](graph::Node&, const graph::Free& free) {
    if (told == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *told = free.address;
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphEventRecordNodeGetEvent, (CUgraphNode node, CUevent* event),
              { return event_out(node, event, true); })
SIMCUDA_GRAPH(cuGraphEventWaitNodeGetEvent, (CUgraphNode node, CUevent* event),
              { return event_out(node, event, false); })

// The counterpart: the node's operation is made anew, and must be of the type it was.
#define SET(name, parameters, ...) \
  SIMCUDA_GRAPH(name, parameters,  \
                { return set_made(node, [&](Operation& made) -> CUresult { return __VA_ARGS__; }); })

SET(cuGraphKernelNodeSetParams, (CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS_v1* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(context, newer(*asked), made))
SET(cuGraphKernelNodeSetParams_v2, (CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(context, *asked, made))
SET(cuGraphMemcpyNodeSetParams, (CUgraphNode node, const CUDA_MEMCPY3D* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(*asked, made))
SET(cuGraphMemsetNodeSetParams, (CUgraphNode node, const CUDA_MEMSET_NODE_PARAMS* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(*asked, made))
SET(cuGraphHostNodeSetParams, (CUgraphNode node, const CUDA_HOST_NODE_PARAMS* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(asked->fn, asked->userData, made))
SET(cuGraphEventRecordNodeSetEvent, (CUgraphNode node, CUevent event),
    graph::event_operation(event, true, made))
SET(cuGraphEventWaitNodeSetEvent, (CUgraphNode node, CUevent event),
    graph::event_operation(event, false, made))
SET(cuGraphBatchMemOpNodeSetParams, (CUgraphNode node, const CUDA_BATCH_MEM_OP_NODE_PARAMS* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(*asked, made))
SET(cuGraphNodeSetParams, (CUgraphNode node, CUgraphNodeParams* asked),
    asked == nullptr || asked->type == CU_GRAPH_NODE_TYPE_MEM_ALLOC ||
            asked->type == CU_GRAPH_NODE_TYPE_MEM_FREE
        ? CUDA_ERROR_INVALID_VALUE
        : graph::operation_of(context, *asked, made))
