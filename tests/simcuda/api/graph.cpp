// Graphs as such: made, cloned, destroyed; their nodes and edges; user objects.
#include <cstdio>

#include "api/graph_call.hpp"
#include "graph/user_objects.hpp"

namespace simcuda {

CUresult add(CUgraphNode* node, CUgraph handle, const CUgraphNode* before, size_t count,
             graph::Operation operation) {
  if (node == nullptr || (before == nullptr && count > 0)) return CUDA_ERROR_INVALID_VALUE;
  return with_graph(handle, [&](const graph::GraphRef& graph) {
    std::vector<graph::Node*> first;
    for (size_t i = 0; i < count; ++i) first.push_back(graph::find_node(before[i]));
    graph::Node* made = graph::add_node(*graph, first, std::move(operation));
    if (made == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *node = graph::handle_of(made);
    return CUDA_SUCCESS;
  });
}

namespace {

std::vector<CUgraphNode> handles(const std::vector<graph::Node*>& nodes) {
  std::vector<CUgraphNode> all;
  for (const graph::Node* node : nodes) all.push_back(graph::handle_of(node));
  return all;
}

CUresult nodes_out(const graph::Graph& graph, bool roots, CUgraphNode* list, size_t* count) {
  std::vector<CUgraphNode> all;
  for (const auto& node : graph.nodes)
    if (!roots || node->before.empty()) all.push_back(graph::handle_of(node.get()));
  return list_out(all, list, count);
}

CUresult edges_out(CUgraph handle, CUgraphNode* from, CUgraphNode* to, CUgraphEdgeData* data, size_t* count) {
  return with_graph(handle, [&](const graph::GraphRef& graph) {
    std::vector<CUgraphNode> starts, ends;
    for (const auto& node : graph->nodes) {
      for (const graph::Node* next : node->after) {
        starts.push_back(graph::handle_of(node.get()));
        ends.push_back(graph::handle_of(next));
      }
    }
    if (count == nullptr || (from == nullptr) != (to == nullptr)) return CUDA_ERROR_INVALID_VALUE;
    size_t again = *count;
    if (data != nullptr) std::fill_n(data, *count, CUgraphEdgeData{});
    const CUresult result = list_out(starts, from, count);
    return result != CUDA_SUCCESS ? result : list_out(ends, to, &again);
  });
}

CUresult neighbours_out(CUgraphNode handle, bool before, CUgraphNode* list, CUgraphEdgeData* data,
                        size_t* count) {
  return with_node(handle, [&](const graph::Node& node) {
    if (data != nullptr && count != nullptr) std::fill_n(data, *count, CUgraphEdgeData{});
    return list_out(handles(before ? node.before : node.after), list, count);
  });
}

CUresult change_edges(CUgraph handle, const CUgraphNode* from, const CUgraphNode* to, size_t count,
                      bool (*change)(graph::Node*, graph::Node*)) {
  if (count > 0 && (from == nullptr || to == nullptr)) return CUDA_ERROR_INVALID_VALUE;
  return with_graph(handle, [&](const graph::GraphRef& graph) {
    for (size_t i = 0; i < count; ++i) {
      graph::Node *start = graph::find_node(from[i]), *end = graph::find_node(to[i]);
      const bool here =
          start != nullptr && end != nullptr && start->graph == graph.get() && end->graph == graph.get();
      if (!here || !change(start, end)) return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
  });
}

// Nodes are called by their numbers and types; flags ask for more than there is to say.
CUresult print_dot(CUgraph handle, const char* path) {
  return with_graph(handle, [&](const graph::GraphRef& graph) {
    std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "w");
    if (file == nullptr) return CUDA_ERROR_OPERATING_SYSTEM;
    std::fputs("digraph simcuda {\n", file);
    for (const auto& node : graph->nodes) {
      const auto number = static_cast<unsigned long long>(node->number);
      std::fprintf(file, "  n%llu [label=\"%llu: type %d\"];\n", number, number,
                   graph::type_of(node->operation));
      for (const graph::Node* next : node->after)
        std::fprintf(file, "  n%llu -> n%llu;\n", number, static_cast<unsigned long long>(next->number));
    }
    std::fputs("}\n", file);
    std::fclose(file);
    return CUDA_SUCCESS;
  });
}

CUresult clone(CUgraph* copy, CUgraph handle) {
  return with_graph(handle, [&](const graph::GraphRef& graph) {
    if (copy == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (graph::has_memory_nodes(*graph)) return CUDA_ERROR_NOT_SUPPORTED;
    *copy = graph::keep(graph::clone(*graph));
    return CUDA_SUCCESS;
  });
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

SIMCUDA_GRAPH(cuGraphCreate, (CUgraph * graph, unsigned int flags), {
  if (graph == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
  *graph = graph::handle_of(graph::make_graph().get());
  return CUDA_SUCCESS;
})
SIMCUDA_GRAPH(cuGraphDestroy, (CUgraph graph),
              { return graph::destroy_graph(graph) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE; })
SIMCUDA_GRAPH(cuGraphClone, (CUgraph * copy, CUgraph graph), { return clone(copy, graph); })
SIMCUDA_GRAPH(cuGraphNodeFindInClone, (CUgraphNode * node, CUgraphNode original, CUgraph copy), {
  return with_graph(copy, [&](const graph::GraphRef& graph) {
    return with_node(original, [&](const graph::Node& first) {
      const graph::Node* found = graph::find_in_clone(&first, *graph);
      if (node == nullptr || found == nullptr) return CUDA_ERROR_INVALID_VALUE;
      *node = graph::handle_of(found);
      return CUDA_SUCCESS;
    });
  });
})
SIMCUDA_GRAPH(cuGraphGetNodes, (CUgraph handle, CUgraphNode* nodes, size_t* count), {
  return with_graph(handle, [&](const auto& graph) { return nodes_out(*graph, false, nodes, count); });
})
SIMCUDA_GRAPH(cuGraphGetRootNodes, (CUgraph handle, CUgraphNode* nodes, size_t* count), {
  return with_graph(handle, [&](const auto& graph) { return nodes_out(*graph, true, nodes, count); });
})
SIMCUDA_GRAPH(cuGraphGetEdges, (CUgraph graph, CUgraphNode* from, CUgraphNode* to, size_t* count),
              { return edges_out(graph, from, to, nullptr, count); })
SIMCUDA_GRAPH(cuGraphGetEdges_v2,
              (CUgraph graph, CUgraphNode* from, CUgraphNode* to, CUgraphEdgeData* data, size_t* count),
              { return edges_out(graph, from, to, data, count); })
SIMCUDA_GRAPH(cuGraphNodeGetDependencies, (CUgraphNode node, CUgraphNode* list, size_t* count),
              { return neighbours_out(node, true, list, nullptr, count); })
SIMCUDA_GRAPH(cuGraphNodeGetDependencies_v2,
              (CUgraphNode node, CUgraphNode* list, CUgraphEdgeData* data, size_t* count),
              { return neighbours_out(node, true, list, data, count); })
SIMCUDA_GRAPH(cuGraphNodeGetDependentNodes, (CUgraphNode node, CUgraphNode* list, size_t* count),
              { return neighbours_out(node, false, list, nullptr, count); })
SIMCUDA_GRAPH(cuGraphNodeGetDependentNodes_v2,
              (CUgraphNode node, CUgraphNode* list, CUgraphEdgeData* data, size_t* count),
              { return neighbours_out(node, false, list, data, count); })
SIMCUDA_GRAPH(cuGraphAddDependencies,
              (CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, size_t count),
              { return change_edges(graph, from, to, count, graph::add_edge); })
SIMCUDA_GRAPH(cuGraphAddDependencies_v2,
              (CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, const CUgraphEdgeData*,
               size_t count),
              { return change_edges(graph, from, to, count, graph::add_edge); })
SIMCUDA_GRAPH(cuGraphRemoveDependencies,
              (CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, size_t count),
              { return change_edges(graph, from, to, count, graph::remove_edge); })
SIMCUDA_GRAPH(cuGraphRemoveDependencies_v2,
              (CUgraph graph, const CUgraphNode* from, const CUgraphNode* to, const CUgraphEdgeData*,
               size_t count),
              { return change_edges(graph, from, to, count, graph::remove_edge); })
SIMCUDA_GRAPH(cuGraphDestroyNode, (CUgraphNode handle), {
  return with_node(handle, [](graph::Node& node) {
    if (std::holds_alternative<graph::Allocate>(node.operation) ||
        std::holds_alternative<graph::Free>(node.operation))
      return CUDA_ERROR_NOT_SUPPORTED;
    graph::destroy_node(&node);
    return CUDA_SUCCESS;
  });
})
SIMCUDA_GRAPH(cuGraphDebugDotPrint, (CUgraph graph, const char* path, unsigned int),
              { return print_dot(graph, path); })
SIMCUDA_GRAPH(cuGraphNodeGetType, (CUgraphNode handle, CUgraphNodeType* type), {
  return with_node(handle, [&](const graph::Node& node) {
    if (type == nullptr) return CUDA_ERROR_INVALID_VALUE;
    *type = graph::type_of(node.operation);
    return CUDA_SUCCESS;
  });
})

extern "C" {

CUresult CUDAAPI cuUserObjectCreate(CUuserObject* object, void* pointer, CUhostFn destroy, unsigned int count,
                                    unsigned int flags) {
  return initialised(__func__, [&] {
    if (object == nullptr || destroy == nullptr || count == 0 || flags != CU_USER_OBJECT_NO_DESTRUCTOR_SYNC)
      return CUDA_ERROR_INVALID_VALUE;
    *object = graph::create_object(pointer, destroy, count);
    return CUDA_SUCCESS;
  });
}
CUresult CUDAAPI cuUserObjectRetain(CUuserObject object, unsigned int count) {
  return initialised(__func__, [&] {
    return count > 0 && graph::retain_object(object, count) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  });
}
CUresult CUDAAPI cuUserObjectRelease(CUuserObject object, unsigned int count) {
  return initialised(__func__, [&] {
    return count > 0 && graph::release_object(object, count) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  });
}
}

SIMCUDA_GRAPH(cuGraphRetainUserObject,
              (CUgraph handle, CUuserObject object, unsigned int count, unsigned int flags), {
                return with_graph(handle, [&](const graph::GraphRef& graph) {
                  const bool moves = (flags & CU_GRAPH_USER_OBJECT_MOVE) != 0;
                  if (count == 0 || (!moves && !graph::retain_object(object, count)))
                    return CUDA_ERROR_INVALID_VALUE;
                  for (unsigned i = 0; i < count; ++i) graph->objects.insert(object);
                  return CUDA_SUCCESS;
                });
              })
SIMCUDA_GRAPH(cuGraphReleaseUserObject, (CUgraph handle, CUuserObject object, unsigned int count), {
  return with_graph(handle, [&](const graph::GraphRef& graph) {
    if (count == 0 || graph->objects.count(object) < count) return CUDA_ERROR_INVALID_VALUE;
    for (unsigned i = 0; i < count; ++i) graph->objects.erase(graph->objects.find(object));
    return graph::release_object(object, count) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
  });
})
