#include "graph/parameters.hpp"

#include <algorithm>

#include "api/copy_call.hpp"
#include "graph/memory_nodes.hpp"

namespace simcuda::graph {

CUresult operation_of(Context& current, const CUDA_KERNEL_NODE_PARAMS& asked, Operation& made) {
  Context* context = asked.func == nullptr && asked.ctx != nullptr ? context_of(asked.ctx) : &current;
  if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  const CUfunction handle = asked.func != nullptr ? asked.func : reinterpret_cast<CUfunction>(asked.kern);
  module::Launch launch;
  launch.function = module::function_of(handle, *context);
  if (!launch.function) return CUDA_ERROR_INVALID_VALUE;
  const unsigned grid[] = {asked.gridDimX, asked.gridDimY, asked.gridDimZ};
  const unsigned block[] = {asked.blockDimX, asked.blockDimY, asked.blockDimZ};
  if (std::count(grid, grid + 3, 0u) + std::count(block, block + 3, 0u) > 0) return CUDA_ERROR_INVALID_VALUE;
  std::copy_n(grid, 3, launch.grid);
  std::copy_n(block, 3, launch.block);
  launch.shared_bytes = asked.sharedMemBytes;
  const CUresult result = module::pack(launch, asked.kernelParams, asked.extra);
  made = std::move(launch);
  return result;
}

CUresult operation_of(const CUDA_MEMCPY3D& asked, Operation& made) {
  Copy copy;
  if (!copy_of(&asked, copy)) return CUDA_ERROR_INVALID_VALUE;
  made = copy;
  return check(made);
}

CUresult operation_of(const CUDA_MEMSET_NODE_PARAMS& asked, Operation& made) {
  made = Fill{asked.dst, asked.pitch, asked.value, asked.elementSize, asked.width, asked.height};
  return check(made);
}

CUresult operation_of(CUhostFn function, void* user, Operation& made) {
  made = Host{function, user};
  return check(made);
}

CUresult operation_of(CUgraph child, Operation& made) {
  const GraphRef graph = find_graph(child);
  if (!graph) return CUDA_ERROR_INVALID_VALUE;
  if (has_memory_nodes(*graph)) return CUDA_ERROR_NOT_SUPPORTED;
  made = Child{clone(*graph)};
  return CUDA_SUCCESS;
}

CUresult operation_of(const CUDA_BATCH_MEM_OP_NODE_PARAMS& asked, Operation& made) {
  if (asked.paramArray == nullptr && asked.count > 0) return CUDA_ERROR_INVALID_VALUE;
  made = MemoryOps{{asked.paramArray, asked.paramArray + asked.count}};
  return check(made);
}

CUresult allocation_of(Context& current, CUDA_MEM_ALLOC_NODE_PARAMS& asked, Operation& made) {
  if (asked.accessDescs == nullptr && asked.accessDescCount > 0) return CUDA_ERROR_INVALID_VALUE;
  const CUresult result = reserve_memory(current, asked);
  if (result != CUDA_SUCCESS) return result;
  Allocate allocate{asked, {asked.accessDescs, asked.accessDescs + asked.accessDescCount}};
  made = std::move(allocate);
  return CUDA_SUCCESS;
}

CUresult event_operation(CUevent handle, bool record, Operation& made) {
  const engine::EventRef event = engine::find_event(handle);
  if (!event) return CUDA_ERROR_INVALID_VALUE;
  if (record)
    made = Record{event};
  else
    made = Wait{event};
  return CUDA_SUCCESS;
}

CUresult operation_of(Context& current, CUgraphNodeParams& asked, Operation& made) {
  switch (asked.type) {
    case CU_GRAPH_NODE_TYPE_KERNEL: {
      CUDA_KERNEL_NODE_PARAMS kernel{};
      static_assert(sizeof kernel == sizeof asked.kernel);
      std::copy_n(reinterpret_cast<const char*>(&asked.kernel), sizeof kernel,
                  reinterpret_cast<char*>(&kernel));
      return operation_of(current, kernel, made);
    }
    case CU_GRAPH_NODE_TYPE_MEMCPY: return operation_of(asked.memcpy.copyParams, made);
    case CU_GRAPH_NODE_TYPE_MEMSET: {
      const auto& fill = asked.memset;
      return operation_of(CUDA_MEMSET_NODE_PARAMS{fill.dst, fill.pitch, fill.value, fill.elementSize,
                                                  fill.width, fill.height},
                          made);
    }
    case CU_GRAPH_NODE_TYPE_HOST: return operation_of(asked.host.fn, asked.host.userData, made);
    case CU_GRAPH_NODE_TYPE_GRAPH: return operation_of(asked.graph.graph, made);
    case CU_GRAPH_NODE_TYPE_EMPTY: return made = Empty{}, CUDA_SUCCESS;
    case CU_GRAPH_NODE_TYPE_WAIT_EVENT: return event_operation(asked.eventWait.event, false, made);
    case CU_GRAPH_NODE_TYPE_EVENT_RECORD: return event_operation(asked.eventRecord.event, true, made);
    case CU_GRAPH_NODE_TYPE_BATCH_MEM_OP: {
      const auto& ops = asked.memOp;
      return operation_of(CUDA_BATCH_MEM_OP_NODE_PARAMS{ops.ctx, ops.count, ops.paramArray, ops.flags}, made);
    }
    case CU_GRAPH_NODE_TYPE_MEM_ALLOC: {
      CUDA_MEM_ALLOC_NODE_PARAMS allocate{asked.alloc.poolProps, asked.alloc.accessDescs,
                                          asked.alloc.accessDescCount, asked.alloc.bytesize, 0};
      const CUresult result = allocation_of(current, allocate, made);
      asked.alloc.dptr = allocate.dptr;
      return result;
    }
    case CU_GRAPH_NODE_TYPE_MEM_FREE: return made = Free{asked.free.dptr}, CUDA_SUCCESS;
    default: return CUDA_ERROR_NOT_SUPPORTED;
  }
}

CUDA_KERNEL_NODE_PARAMS kernel_parameters(Node& node) {
  auto& launch = std::get<module::Launch>(node.operation);
  node.parameter_pointers.clear();
  for (const module::Parameter& each : launch.layout)
    node.parameter_pointers.push_back(launch.packed.data() + each.offset);
  CUDA_KERNEL_NODE_PARAMS told{};
  told.func = reinterpret_cast<CUfunction>(launch.function.get());
  told.gridDimX = launch.grid[0], told.gridDimY = launch.grid[1], told.gridDimZ = launch.grid[2];
  told.blockDimX = launch.block[0], told.blockDimY = launch.block[1], told.blockDimZ = launch.block[2];
  told.sharedMemBytes = launch.shared_bytes;
  told.kernelParams = node.parameter_pointers.empty() ? nullptr : node.parameter_pointers.data();
  told.ctx = launch.function->context->handle();
  return told;
}

CUDA_MEMSET_NODE_PARAMS fill_parameters(const Fill& fill) {
  return {fill.address, fill.pitch, fill.value, fill.element, fill.width, fill.height};
}

}  // namespace simcuda::graph
