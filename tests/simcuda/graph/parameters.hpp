// Node parameters as the API has them, to and from operations.
#pragma once

#include "graph/graph.hpp"

namespace simcuda::graph {

CUresult operation_of(Context& current, const CUDA_KERNEL_NODE_PARAMS& asked, Operation& made);
CUresult operation_of(const CUDA_MEMCPY3D& asked, Operation& made);
CUresult operation_of(const CUDA_MEMSET_NODE_PARAMS& asked, Operation& made);
CUresult operation_of(CUhostFn function, void* user, Operation& made);
CUresult operation_of(CUgraph child, Operation& made);  // a copy of the graph
CUresult operation_of(const CUDA_BATCH_MEM_OP_NODE_PARAMS& asked, Operation& made);
CUresult allocation_of(Context& current, CUDA_MEM_ALLOC_NODE_PARAMS& asked,
                       Operation& made);  // fills in dptr
CUresult event_operation(CUevent event, bool record, Operation& made);
// Any of them. Allocations get their address in `asked`.
CUresult operation_of(Context& current, CUgraphNodeParams& asked, Operation& made);

CUDA_KERNEL_NODE_PARAMS kernel_parameters(Node& node);  // points into the node
CUDA_MEMSET_NODE_PARAMS fill_parameters(const Fill& fill);

}  // namespace simcuda::graph
