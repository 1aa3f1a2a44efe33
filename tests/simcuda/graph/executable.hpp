// Executable graphs: a flat list of operations in an order in which they may be submitted, and how to launch it.
#pragma once

#include "graph/graph.hpp"

namespace simcuda::graph {

struct Step {
  Operation operation;
  std::vector<std::size_t> before;  // indices of earlier steps
  std::vector<std::uint64_t> path;  // numbers of the node and of the child nodes it lies in, outermost first
  bool enabled = true;
};

struct Executable {
  Context* context = nullptr;
  std::uint64_t flags = 0;
  std::vector<Step> steps;
  GraphRef source;                       // kept: the memory of its nodes lives as long as this
  std::vector<engine::Ticket> last;      // ends of the last launch: the next one comes after it
  std::vector<engine::StreamRef> lanes;  // where branches run beside the launching stream
  bool leaves_memory = false;            // a launch allocates what it does not free
  ~Executable();
};
using ExecutableRef = std::shared_ptr<Executable>;

CUgraphExec handle_of(const ExecutableRef& executable);

// With graph_lock() held.
CUresult instantiate(Context& context, const GraphRef& graph, std::uint64_t flags, CUgraphExec* handle,
                     Node** culprit);
ExecutableRef find_executable(CUgraphExec handle);
bool destroy_executable(CUgraphExec handle);
void drop_executables(Context& context);  // takes graph_lock() itself
CUresult launch(const ExecutableRef& executable, const engine::StreamRef& stream);

// The step of a node of the graph it was made from; null: none, or not of this type.
Step* step_of(Executable& executable, const Node& node);
// New operations for the steps of a child node; false: it has none, or the graph has others.
bool set_child(Executable& executable, const Node& node, const Graph& child);
CUgraphExecUpdateResult update(Executable& executable, const Graph& graph, Node** culprit);

}  // namespace simcuda::graph
