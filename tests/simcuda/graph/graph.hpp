// Graphs: operations and what must be done before them. An executable graph is a copy with the children unfolded.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <set>

#include "graph/operation.hpp"

namespace simcuda::graph {

struct Node {
  Graph* graph = nullptr;
  std::uint64_t number = 0;  // in order of making, over all graphs: with it every walk has one order
  Operation operation;
  std::vector<Node*> before, after;
  std::uint64_t original = 0;  // of a clone: the number of the node it was made from
  // What the calls that ask for parameters point into.
  std::vector<void*> parameter_pointers;
};

struct Graph {
  std::list<std::unique_ptr<Node>> nodes;
  std::multiset<CUuserObject> objects;
  int executables = 0;  // living; graphs with memory nodes may have one
  ~Graph();
};
using GraphRef = std::shared_ptr<Graph>;

CUgraph handle_of(const Graph* graph);
CUgraphNode handle_of(const Node* node);

// Handles are looked up, so that a dead one is CUDA_ERROR_INVALID_VALUE and not the end of the process. All that
// follows is called with graph_lock() held, which is taken before the driver's and the engine's locks.
std::recursive_mutex& graph_lock();
GraphRef make_graph();
GraphRef find_graph(CUgraph handle);  // also one inside a child node
Node* find_node(CUgraphNode handle);
CUgraph keep(const GraphRef& graph);  // until the program destroys it
bool destroy_graph(CUgraph handle);

// Null: a dependency is not of this graph, or there twice.
Node* add_node(Graph& graph, const std::vector<Node*>& before, Operation operation);
bool add_edge(Node* from, Node* to);  // false: there already, or it would close a circle
bool remove_edge(Node* from, Node* to);
void destroy_node(Node* node);
std::vector<Node*> in_order(const Graph& graph);                   // every node after what is before it
bool comes_before(const Node* node, const std::set<Node*>& ends);  // or is one of them

GraphRef clone(const Graph& graph, std::map<const Node*, Node*>* pairs = nullptr);
Node* find_in_clone(const Node* original, const Graph& clone);
bool has_memory_nodes(const Graph& graph);

}  // namespace simcuda::graph
