// Memory nodes of graphs. Their address is fixed when the node is made: the block is recorded then, and freed by the
// node that frees it. That a graph is launched again makes no block.
#include "core/cuda/bodies.hpp"
#include "core/cuda/place.hpp"

namespace weir::cuda {
namespace {

template <class Parameters>
void record_node(const Call& call, const Parameters& made) noexcept {
  const Place place = place_of(made.poolProps.location, made.poolProps.allocType, 0);
  call.allocated(CudaKey::Address, key_of(made.dptr), made.bytesize, place.space, MemoryKind::Graph,
                 {.context = 0, .device = place.device});
}

/// Any kind of node: `forward` makes it.
template <class Forward>
CUresult add_any_node(const Call& call, const CUgraphNodeParams* node, Forward forward) noexcept {
  if (node != nullptr && node->type == CU_GRAPH_NODE_TYPE_MEM_FREE)
    return call.release(CudaKey::Address, key_of(node->free.dptr), Space::Device, forward);
  const CUresult result = forward();
  if (result == CUDA_SUCCESS && node != nullptr && node->type == CU_GRAPH_NODE_TYPE_MEM_ALLOC)
    record_node(call, node->alloc);
  return result;
}

}  // namespace

CUresult add_alloc_node(Call& call, decltype(&::cuGraphAddMemAllocNode) real, CUgraphNode* out, CUgraph graph,
                        const CUgraphNode* dependencies, std::size_t count,
                        CUDA_MEM_ALLOC_NODE_PARAMS* node) noexcept {
  const CUresult result = real(out, graph, dependencies, count, node);
  if (result == CUDA_SUCCESS && node != nullptr) record_node(call, *node);
  return result;
}

CUresult add_free_node(Call& call, decltype(&::cuGraphAddMemFreeNode) real, CUgraphNode* out, CUgraph graph,
                       const CUgraphNode* dependencies, std::size_t count, CUdeviceptr block) noexcept {
  return call.release(CudaKey::Address, key_of(block), Space::Device,
                      [=] { return real(out, graph, dependencies, count, block); });
}

CUresult add_node(Call& call, decltype(&::cuGraphAddNode) real, CUgraphNode* out, CUgraph graph,
                  const CUgraphNode* dependencies, std::size_t count, CUgraphNodeParams* node) noexcept {
  return add_any_node(call, node, [=] { return real(out, graph, dependencies, count, node); });
}

CUresult add_node_with_edges(Call& call, decltype(&::cuGraphAddNode_v2) real, CUgraphNode* out, CUgraph graph,
                             const CUgraphNode* dependencies, const CUgraphEdgeData* edges, std::size_t count,
                             CUgraphNodeParams* node) noexcept {
  return add_any_node(call, node, [=] { return real(out, graph, dependencies, edges, count, node); });
}

}  // namespace weir::cuda
