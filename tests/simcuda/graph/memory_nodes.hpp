// Memory that belongs to graphs. An allocation node has its address from the day it is made; there is memory behind it
// from the node's turn in a launch until it is freed: by a free node, by cuMemFree, or by cuMemFreeAsync.
#pragma once

#include <cuda.h>

#include <cstddef>

namespace simcuda {
class Context;
}

namespace simcuda::graph {

CUresult reserve_memory(Context& context, CUDA_MEM_ALLOC_NODE_PARAMS& parameters);  // fills in dptr
void drop_memory(
    CUdeviceptr address);  // the last graph that has the node is gone; what is allocated stays until freed
CUresult back_memory(CUdeviceptr address);
CUresult unback_memory(CUdeviceptr address);
bool is_graph_memory(CUdeviceptr address);  // where one begins
bool in_graph_memory(CUdeviceptr address,
                     std::size_t bytes);  // anywhere in one, whether or not there is memory now
bool is_backed(CUdeviceptr address);

struct GraphMemory {
  std::size_t used = 0, used_high = 0, reserved = 0, reserved_high = 0;
};
GraphMemory graph_memory(int device);
void reset_high(int device, bool used, bool reserved);
void trim_graph_memory(int device);  // memory that no graph uses now goes back to the device

}  // namespace simcuda::graph
