// Executable graphs: instantiated, launched, changed; the memory that graphs hold.
#include "api/graph_call.hpp"
#include "device/device.hpp"
#include "graph/capture.hpp"
#include "graph/memory_nodes.hpp"

namespace simcuda {
namespace {

constexpr unsigned long long kFlags =
    CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH | CUDA_GRAPH_INSTANTIATE_FLAG_UPLOAD |
    CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH | CUDA_GRAPH_INSTANTIATE_FLAG_USE_NODE_PRIORITY;

CUresult instantiate(Context& context, CUgraphExec* made, CUgraph handle, unsigned long long flags) {
  return with_graph(handle, [&](const graph::GraphRef& graph) {
    if (made == nullptr || (flags & ~kFlags) != 0) return CUDA_ERROR_INVALID_VALUE;
    return graph::instantiate(context, graph, flags, made, nullptr);
  });
}

// The first ABIs have a log to write errors into: there is nothing to write.
CUresult instantiate_logged(Context& context, CUgraphExec* made, CUgraph graph, CUgraphNode* culprit,
                            char* log, size_t size) {
  if (culprit != nullptr) *culprit = nullptr;
  if (log != nullptr && size > 0) *log = '\0';
  return instantiate(context, made, graph, 0);
}

template <class Body>
CUresult with_executable(CUgraphExec handle, Body&& body) {
  const graph::ExecutableRef executable = graph::find_executable(handle);
  return executable ? body(executable) : CUDA_ERROR_INVALID_VALUE;
}

template <class Body>
CUresult with_step(CUgraphExec handle, CUgraphNode node_handle, Body&& body) {
  return with_executable(handle, [&](const graph::ExecutableRef& executable) {
    return with_node(node_handle, [&](const graph::Node& node) {
      graph::Step* step = graph::step_of(*executable, node);
      return step != nullptr ? body(*step) : CUDA_ERROR_INVALID_VALUE;
    });
  });
}

template <class Make>
CUresult set_step(CUgraphExec handle, CUgraphNode node, Make&& make) {
  return with_step(handle, node, [&](graph::Step& step) {
    graph::Operation made;
    const CUresult result = make(made);
    return replace(step.operation, std::move(made), result);
  });
}

// In a stream that is captured the graph becomes a node of the other.
CUresult launch(Context& context, CUgraphExec handle, CUstream stream_handle, bool per_thread) {
  return with_stream(context, stream_handle, per_thread, [&](const engine::StreamRef& stream) {
    return with_executable(handle, [&](const graph::ExecutableRef& executable) {
      if (engine::capture_of(stream))
        return graph::issue(stream, graph::Child{graph::clone(*executable->source)}, "graph").result;
      if (engine::handle_of(stream) == CU_STREAM_LEGACY) {
        const CUresult result = engine::legacy_stream_call(context.handle());
        if (result != CUDA_SUCCESS) return result;
      }
      return graph::launch(executable, stream);
    });
  });
}

CUresult update(CUgraphExec handle, CUgraph graph_handle, CUgraphExecUpdateResult* why,
                CUgraphNode* culprit) {
  return with_executable(handle, [&](const graph::ExecutableRef& executable) {
    return with_graph(graph_handle, [&](const graph::GraphRef& graph) {
      graph::Node* node = nullptr;
      const CUgraphExecUpdateResult result = graph::update(*executable, *graph, &node);
      if (why != nullptr) *why = result;
      if (culprit != nullptr) *culprit = graph::handle_of(node);
      return result == CU_GRAPH_EXEC_UPDATE_SUCCESS ? CUDA_SUCCESS : CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
    });
  });
}

CUresult memory_attribute(CUdevice device, CUgraphMem_attribute which, cuuint64_t* value) {
  if (device_of(device) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  if (value == nullptr) return CUDA_ERROR_INVALID_VALUE;
  const graph::GraphMemory memory = graph::graph_memory(device);
  switch (which) {
    case CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT: *value = memory.used; break;
    case CU_GRAPH_MEM_ATTR_USED_MEM_HIGH: *value = memory.used_high; break;
    case CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT: *value = memory.reserved; break;
    case CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH: *value = memory.reserved_high; break;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;
using graph::Operation;

SIMCUDA_GRAPH(cuGraphInstantiate,
              (CUgraphExec * made, CUgraph graph, CUgraphNode* culprit, char* log, size_t size),
              { return instantiate_logged(context, made, graph, culprit, log, size); })
SIMCUDA_GRAPH(cuGraphInstantiate_v2,
              (CUgraphExec * made, CUgraph graph, CUgraphNode* culprit, char* log, size_t size),
              { return instantiate_logged(context, made, graph, culprit, log, size); })
SIMCUDA_GRAPH(cuGraphInstantiateWithFlags, (CUgraphExec * made, CUgraph graph, unsigned long long flags),
              { return instantiate(context, made, graph, flags); })
SIMCUDA_TWINS(cuGraphInstantiateWithParams, _ptsz,
              (CUgraphExec * made, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS* asked), {
                const std::lock_guard guard(graph::graph_lock());
                if (asked == nullptr) return CUDA_ERROR_INVALID_VALUE;
                const CUresult result = instantiate(context, made, graph, asked->flags);
                asked->hErrNode_out = nullptr;
                asked->result_out =
                    result == CUDA_SUCCESS ? CUDA_GRAPH_INSTANTIATE_SUCCESS : CUDA_GRAPH_INSTANTIATE_ERROR;
                return result;
              })
SIMCUDA_GRAPH(cuGraphExecGetFlags, (CUgraphExec handle, cuuint64_t* flags), {
  return with_executable(handle, [&](const auto& executable) {
    if (flags == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *flags = executable->flags;
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphExecDestroy, (CUgraphExec handle),
              { return graph::destroy_executable(handle) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE; })

SIMCUDA_TWINS(cuGraphLaunch, _ptsz, (CUgraphExec executable, CUstream stream), {
  const std::lock_guard guard(graph::graph_lock());
  return launch(context, executable, stream, per_thread);
})
SIMCUDA_TWINS(cuGraphUpload, _ptsz, (CUgraphExec handle, CUstream stream), {
  const std::lock_guard guard(graph::graph_lock());
  return with_executable(handle, [&](const auto&) {
    return with_stream(context, stream, per_thread, [](const auto& found) {
      return graph::issue(found, graph::Empty{}, "cuGraphUpload").result;
    });
  });
})

SIMCUDA_GRAPH(cuGraphExecUpdate,
              (CUgraphExec executable, CUgraph graph, CUgraphNode* culprit, CUgraphExecUpdateResult* why),
              { return update(executable, graph, why, culprit); })
SIMCUDA_GRAPH(cuGraphExecUpdate_v2, (CUgraphExec executable, CUgraph graph, CUgraphExecUpdateResultInfo* why),
              {
                if (why == nullptr) return CUDA_ERROR_INVALID_VALUE;
                why->errorFromNode = nullptr;
                return update(executable, graph, &why->result, &why->errorNode);
              })

#define SET(name, parameters, ...)                                                               \
  SIMCUDA_GRAPH(name, parameters, {                                                              \
    return set_step(executable, node, [&](Operation& made) -> CUresult { return __VA_ARGS__; }); \
  })
#define WHICH CUgraphExec executable, CUgraphNode node

SET(cuGraphExecKernelNodeSetParams, (WHICH, const CUDA_KERNEL_NODE_PARAMS_v1* asked),
    asked == nullptr
        ? CUDA_ERROR_INVALID_VALUE
        : graph::operation_of(context,
                              {asked->func, asked->gridDimX, asked->gridDimY, asked->gridDimZ,
                               asked->blockDimX, asked->blockDimY, asked->blockDimZ, asked->sharedMemBytes,
                               asked->kernelParams, asked->extra, nullptr, nullptr},
                              made))
SET(cuGraphExecKernelNodeSetParams_v2, (WHICH, const CUDA_KERNEL_NODE_PARAMS* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(context, *asked, made))
SET(cuGraphExecMemcpyNodeSetParams, (WHICH, const CUDA_MEMCPY3D* asked, CUcontext),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(*asked, made))
SET(cuGraphExecMemsetNodeSetParams, (WHICH, const CUDA_MEMSET_NODE_PARAMS* asked, CUcontext),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(*asked, made))
SET(cuGraphExecHostNodeSetParams, (WHICH, const CUDA_HOST_NODE_PARAMS* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(asked->fn, asked->userData, made))
SET(cuGraphExecEventRecordNodeSetEvent, (WHICH, CUevent event), graph::event_operation(event, true, made))
SET(cuGraphExecEventWaitNodeSetEvent, (WHICH, CUevent event), graph::event_operation(event, false, made))
SET(cuGraphExecBatchMemOpNodeSetParams, (WHICH, const CUDA_BATCH_MEM_OP_NODE_PARAMS* asked),
    asked == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::operation_of(*asked, made))
SET(cuGraphExecNodeSetParams, (WHICH, CUgraphNodeParams* asked),
    asked == nullptr || asked->type == CU_GRAPH_NODE_TYPE_MEM_ALLOC ||
            asked->type == CU_GRAPH_NODE_TYPE_MEM_FREE
        ? CUDA_ERROR_INVALID_VALUE
        : graph::operation_of(context, *asked, made))

SIMCUDA_GRAPH(cuGraphExecChildGraphNodeSetParams, (WHICH, CUgraph child), {
  return with_executable(executable, [&](const graph::ExecutableRef& found) {
    return with_node(node, [&](const graph::Node& which) {
      return with_graph(child, [&](const graph::GraphRef& graph) {
        return graph::set_child(*found, which, *graph) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
      });
    });
  });
})
SIMCUDA_GRAPH(cuGraphNodeSetEnabled, (CUgraphExec executable, CUgraphNode node, unsigned int enabled), {
  return with_step(executable, node, [&](graph::Step& step) {
    const CUgraphNodeType type = graph::type_of(step.operation);
    if (type > CU_GRAPH_NODE_TYPE_MEMSET) return CUDA_ERROR_INVALID_VALUE;
    step.enabled = enabled != 0;
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphNodeGetEnabled, (CUgraphExec executable, CUgraphNode node, unsigned int* enabled), {
  return with_step(executable, node, [&](const graph::Step& step) {
    if (enabled == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *enabled = step.enabled ? 1 : 0;
    return CUDA_SUCCESS;
  });
})

extern "C" {

CUresult CUDAAPI cuDeviceGraphMemTrim(CUdevice device) {
  return initialised(__func__, [&] {
    if (device_of(device) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    graph::trim_graph_memory(device);
    return CUDA_SUCCESS;
  });
}
CUresult CUDAAPI cuDeviceGetGraphMemAttribute(CUdevice device, CUgraphMem_attribute which, void* value) {
  return initialised(__func__,
                     [&] { return memory_attribute(device, which, static_cast<cuuint64_t*>(value)); });
}
// Only the high marks can be set, and only to 0: they start again from what is there now.
CUresult CUDAAPI cuDeviceSetGraphMemAttribute(CUdevice device, CUgraphMem_attribute which, void* value) {
  return initialised(__func__, [&] {
    if (device_of(device) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
    const bool used = which == CU_GRAPH_MEM_ATTR_USED_MEM_HIGH,
               reserved = which == CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH;
    if (value == nullptr || *static_cast<cuuint64_t*>(value) != 0 || (!used && !reserved))
      return CUDA_ERROR_INVALID_VALUE;
    graph::reset_high(device, used, reserved);
    return CUDA_SUCCESS;
  });
}
}
