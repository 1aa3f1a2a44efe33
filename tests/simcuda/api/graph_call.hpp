// What the entry points about graphs share: handles, lists, and the lock they all run under.
#pragma once

#include "api/twins.hpp"
#include "graph/executable.hpp"
#include "graph/parameters.hpp"

// An entry point that runs under the lock of graphs.
#define SIMCUDA_GRAPH(name, parameters, ...)                   \
  SIMCUDA_ENTRY(name, false, parameters, {                     \
    const std::lock_guard guard(simcuda::graph::graph_lock()); \
    __VA_ARGS__                                                \
  })

namespace simcuda {

template <class Body>
CUresult with_graph(CUgraph handle, Body&& body) {
  const graph::GraphRef graph = graph::find_graph(handle);
  return graph ? body(graph) : CUDA_ERROR_INVALID_VALUE;
}

template <class Body>
CUresult with_node(CUgraphNode handle, Body&& body) {
  graph::Node* node = graph::find_node(handle);
  return node != nullptr ? body(*node) : CUDA_ERROR_INVALID_VALUE;
}

// A node whose operation is of this type.
template <class Type, class Body>
CUresult with_node_of(CUgraphNode handle, Body&& body) {
  return with_node(handle, [&](graph::Node& node) {
    Type* operation = std::get_if<Type>(&node.operation);
    return operation != nullptr ? body(node, *operation) : CUDA_ERROR_INVALID_VALUE;
  });
}

// Takes the new operation of a node or step if it is of the type that the old one has.
inline CUresult replace(graph::Operation& old, graph::Operation made, CUresult result) {
  if (result != CUDA_SUCCESS) return result;
  if (old.index() != made.index()) return CUDA_ERROR_INVALID_VALUE;
  old = std::move(made);
  return CUDA_SUCCESS;
}

// Adds a node to a graph, after the nodes given.
CUresult add(CUgraphNode* node, CUgraph graph, const CUgraphNode* before, size_t count,
             graph::Operation operation);

// The way of all calls that fill a list: with no list they say how many there are; what the list has too many is
// filled with null.
template <class T>
CUresult list_out(const std::vector<T>& all, T* list, size_t* count) {
  if (count == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (list != nullptr) {
    for (size_t i = 0; i < *count; ++i) list[i] = i < all.size() ? all[i] : T{};
    *count = std::min(*count, all.size());
  } else {
    *count = all.size();
  }
  return CUDA_SUCCESS;
}

}  // namespace simcuda
