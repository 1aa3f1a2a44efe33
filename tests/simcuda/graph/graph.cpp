#include "graph/graph.hpp"

#include <algorithm>

#include "graph/memory_nodes.hpp"
#include "graph/user_objects.hpp"

namespace simcuda::graph {
namespace {

struct Graphs {
  std::recursive_mutex lock;
  std::map<CUgraph, std::weak_ptr<Graph>> all;  // children too
  std::map<CUgraph, GraphRef> owned;            // by the program
  std::map<CUgraphNode, Node*> nodes;
  std::uint64_t next_node = 1;
};

Graphs& graphs() {
  static Graphs& all = *new Graphs;  // never destroyed
  return all;
}

GraphRef make_unowned() {
  auto graph = std::make_shared<Graph>();
  graphs().all[handle_of(graph.get())] = graph;
  return graph;
}

void forget(const Node& node) {
  graphs().nodes.erase(handle_of(&node));
  if (const auto* allocate = std::get_if<Allocate>(&node.operation)) drop_memory(allocate->parameters.dptr);
}

template <typename List, typename Value>
bool holds(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

Graph::~Graph() {
  const std::lock_guard guard(graph_lock());
  for (const auto& node : nodes) forget(*node);
  for (const CUuserObject object : objects) release_object(object, 1);
  graphs().all.erase(handle_of(this));
}

std::recursive_mutex& graph_lock() { return graphs().lock; }

CUgraph handle_of(const Graph* graph) { return reinterpret_cast<CUgraph>(const_cast<Graph*>(graph)); }
CUgraphNode handle_of(const Node* node) { return reinterpret_cast<CUgraphNode>(const_cast<Node*>(node)); }

GraphRef make_graph() {
  GraphRef graph = make_unowned();
  keep(graph);
  return graph;
}

CUgraph keep(const GraphRef& graph) {
  graphs().owned[handle_of(graph.get())] = graph;
  return handle_of(graph.get());
}

GraphRef find_graph(CUgraph handle) {
  const auto found = graphs().all.find(handle);
  return found == graphs().all.end() ? nullptr : found->second.lock();
}

Node* find_node(CUgraphNode handle) {
  const auto found = graphs().nodes.find(handle);
  return found == graphs().nodes.end() ? nullptr : found->second;
}

bool destroy_graph(CUgraph handle) { return graphs().owned.erase(handle) == 1; }

Node* add_node(Graph& graph, const std::vector<Node*>& before, Operation operation) {
  for (Node* each : before)
    if (each == nullptr || each->graph != &graph || std::count(before.begin(), before.end(), each) > 1)
      return nullptr;
  auto node = std::make_unique<Node>();
  node->graph = &graph;
  node->number = graphs().next_node++;
  node->operation = std::move(operation);
  node->before = before;
  for (Node* each : before) each->after.push_back(node.get());
  graphs().nodes[handle_of(node.get())] = node.get();
  graph.nodes.push_back(std::move(node));
  return graph.nodes.back().get();
}

bool comes_before(const Node* node, const std::set<Node*>& ends) {
  if (ends.count(const_cast<Node*>(node)) != 0) return true;
  return std::any_of(node->after.begin(), node->after.end(),
                     [&](const Node* next) { return comes_before(next, ends); });
}

bool add_edge(Node* from, Node* to) {
  if (from == to || from->graph != to->graph || holds(from->after, to) || comes_before(to, {from}))
    return false;
  from->after.push_back(to);
  to->before.push_back(from);
  return true;
}

bool remove_edge(Node* from, Node* to) {
  return std::erase(from->after, to) + std::erase(to->before, from) == 2;
}

void destroy_node(Node* node) {
  for (Node* each : node->before) std::erase(each->after, node);
  for (Node* each : node->after) std::erase(each->before, node);
  forget(*node);
  node->graph->nodes.remove_if([&](const auto& each) { return each.get() == node; });
}

std::vector<Node*> in_order(const Graph& graph) {
  std::map<const Node*, std::size_t> waiting;
  std::map<std::uint64_t, Node*> ready;  // the oldest first
  for (const auto& node : graph.nodes) {
    waiting[node.get()] = node->before.size();
    if (node->before.empty()) ready.emplace(node->number, node.get());
  }
  std::vector<Node*> order;
  while (!ready.empty()) {
    Node* node = ready.extract(ready.begin()).mapped();
    order.push_back(node);
    for (Node* next : node->after)
      if (--waiting[next] == 0) ready.emplace(next->number, next);
  }
  return order;
}

GraphRef clone(const Graph& graph, std::map<const Node*, Node*>* pairs) {
  std::map<const Node*, Node*> own;
  std::map<const Node*, Node*>& made = pairs != nullptr ? *pairs : own;
  GraphRef copy = make_unowned();
  for (Node* node : in_order(graph)) {
    std::vector<Node*> before;
    for (Node* each : node->before) before.push_back(made.at(each));
    Operation operation = node->operation;
    if (auto* child = std::get_if<Child>(&operation)) child->graph = clone(*child->graph);
    Node* twin = add_node(*copy, before, std::move(operation));
    twin->original = node->number;
    made[node] = twin;
  }
  return copy;
}

Node* find_in_clone(const Node* original, const Graph& clone) {
  for (const auto& node : clone.nodes)
    if (node->original == original->number) return node.get();
  return nullptr;
}

bool has_memory_nodes(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const auto& node) {
    if (const auto* child = std::get_if<Child>(&node->operation)) return has_memory_nodes(*child->graph);
    return std::holds_alternative<Allocate>(node->operation) || std::holds_alternative<Free>(node->operation);
  });
}

}  // namespace simcuda::graph
