#include "graph/executable.hpp"

#include <algorithm>

#include "graph/capture.hpp"
#include "graph/memory_nodes.hpp"

namespace simcuda::graph {
namespace {

std::map<CUgraphExec, ExecutableRef>& executables() {
  static auto& all = *new std::map<CUgraphExec, ExecutableRef>;
  return all;
}

// Adds the nodes of a graph after `before`. The answer: the steps at its ends, or `before` when it is empty.
std::vector<std::size_t> unfold(std::vector<Step>& steps, const Graph& graph,
                                const std::vector<std::size_t>& before, std::vector<std::uint64_t> path) {
  std::map<const Node*, std::vector<std::size_t>> ends_of;
  path.push_back(0);
  for (const Node* node : in_order(graph)) {
    path.back() = node->number;
    std::vector<std::size_t> first = node->before.empty() ? before : std::vector<std::size_t>{};
    for (const Node* each : node->before)
      first.insert(first.end(), ends_of[each].begin(), ends_of[each].end());
    std::sort(first.begin(), first.end());
    first.erase(std::unique(first.begin(), first.end()), first.end());
    if (const auto* child = std::get_if<Child>(&node->operation)) {
      ends_of[node] = unfold(steps, *child->graph, first, path);
      continue;
    }
    steps.push_back({node->operation, first, path, true});
    ends_of[node] = {steps.size() - 1};
  }
  std::vector<std::size_t> ends;
  for (const auto& node : graph.nodes)
    if (node->after.empty()) ends.insert(ends.end(), ends_of[node.get()].begin(), ends_of[node.get()].end());
  return graph.nodes.empty() ? before : ends;
}

// Which lane each step runs in: a branch goes on where one of its predecessors was last. Lane 0 is the launching stream.
std::vector<std::size_t> assign_lanes(const std::vector<Step>& steps, std::size_t* count) {
  std::vector<std::size_t> lane(steps.size());
  std::vector<std::size_t> last;  // the step that is last in each lane
  for (std::size_t i = 0; i < steps.size(); ++i) {
    std::size_t chosen = last.size();
    for (std::size_t at = 0; at < last.size() && chosen == last.size(); ++at)
      if (std::count(steps[i].before.begin(), steps[i].before.end(), last[at]) != 0) chosen = at;
    if (chosen == last.size()) last.push_back(i);
    last[chosen] = i;
    lane[i] = chosen;
  }
  *count = std::max<std::size_t>(last.size(), 1);
  return lane;
}

CUresult free_left_over(const Executable& executable) {
  for (const Step& step : executable.steps) {
    const auto* allocate = std::get_if<Allocate>(&step.operation);
    if (allocate == nullptr || !is_backed(allocate->parameters.dptr)) continue;
    if ((executable.flags & CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH) == 0)
      return CUDA_ERROR_INVALID_VALUE;
    unback_memory(allocate->parameters.dptr);
  }
  return CUDA_SUCCESS;
}

bool leaves_memory(const std::vector<Step>& steps) {
  std::set<CUdeviceptr> allocated;
  for (const Step& step : steps) {
    if (const auto* allocate = std::get_if<Allocate>(&step.operation))
      allocated.insert(allocate->parameters.dptr);
    if (const auto* free = std::get_if<Free>(&step.operation)) allocated.erase(free->address);
  }
  return !allocated.empty();
}

engine::Work named(const char* what) {
  engine::Work work;
  work.what = what;
  return work;
}

const char* name_of(const Operation& operation) {
  switch (type_of(operation)) {
    case CU_GRAPH_NODE_TYPE_MEMCPY: return "memcpy node";
    case CU_GRAPH_NODE_TYPE_MEMSET: return "memset node";
    case CU_GRAPH_NODE_TYPE_HOST: return "host node";
    case CU_GRAPH_NODE_TYPE_KERNEL: return std::get<module::Launch>(operation).function->code->name.c_str();
    default: return "graph node";
  }
}

}  // namespace

Executable::~Executable() {
  for (const engine::StreamRef& lane : lanes) engine::destroy_stream(engine::handle_of(lane));
  if (source) --source->executables;
}

CUgraphExec handle_of(const ExecutableRef& executable) {
  return reinterpret_cast<CUgraphExec>(executable.get());
}

CUresult instantiate(Context& context, const GraphRef& graph, std::uint64_t flags, CUgraphExec* handle,
                     Node** culprit) {
  if (culprit != nullptr) *culprit = nullptr;
  const bool memory = has_memory_nodes(*graph);
  if (memory && graph->executables > 0) return CUDA_ERROR_NOT_SUPPORTED;
  auto made = std::make_shared<Executable>();
  made->context = &context;
  made->flags = flags;
  made->source = graph;
  unfold(made->steps, *graph, {}, {});
  made->leaves_memory = leaves_memory(made->steps);
  ++graph->executables;
  std::size_t lanes = 0;
  assign_lanes(made->steps, &lanes);
  for (std::size_t i = 1; i < lanes; ++i)
    made->lanes.push_back(engine::create_stream(context.handle(), CU_STREAM_NON_BLOCKING, 0));
  executables().emplace(handle_of(made), made);
  *handle = handle_of(made);
  return CUDA_SUCCESS;
}

ExecutableRef find_executable(CUgraphExec handle) {
  const auto found = executables().find(handle);
  return found == executables().end() ? nullptr : found->second;
}

void drop_executables(Context& context) {
  const std::lock_guard guard(graph_lock());
  std::erase_if(executables(), [&](const auto& each) { return each.second->context == &context; });
}

bool destroy_executable(CUgraphExec handle) { return executables().erase(handle) == 1; }

CUresult launch(const ExecutableRef& executable, const engine::StreamRef& stream) {
  if (executable->leaves_memory) {
    // Whether memory of the last launch is left over is known when that launch is done.
    for (const engine::Ticket& ticket : executable->last) engine::wait(ticket);
    const CUresult left = free_left_over(*executable);
    if (left != CUDA_SUCCESS) return left;
  }
  std::size_t count = 0;
  const std::vector<std::size_t> lane = assign_lanes(executable->steps, &count);
  std::vector<engine::Ticket> start = executable->last;
  if (count > 1 || executable->steps.empty()) start = {engine::submit(stream, named("graph launch"), start)};

  std::vector<engine::Ticket> done(executable->steps.size());
  for (std::size_t i = 0; i < executable->steps.size(); ++i) {
    const Step& step = executable->steps[i];
    std::vector<engine::Ticket> after = step.before.empty() ? start : std::vector<engine::Ticket>{};
    for (const std::size_t each : step.before) after.push_back(done[each]);
    const engine::StreamRef& where = lane[i] == 0 ? stream : executable->lanes[lane[i] - 1];
    done[i] = submit(where, step.enabled ? step.operation : Operation(Empty{}), name_of(step.operation),
                     std::move(after));
  }
  if (count > 1) done = {engine::submit(stream, named("end of graph"), done)};
  executable->last = done.empty() ? start : std::vector<engine::Ticket>{done.back()};
  return CUDA_SUCCESS;
}

Step* step_of(Executable& executable, const Node& node) {
  for (Step& step : executable.steps)
    if (step.path.size() == 1 && (step.path[0] == node.number || step.path[0] == node.original)) return &step;
  return nullptr;
}

bool set_child(Executable& executable, const Node& node, const Graph& child) {
  std::vector<Step> steps;
  unfold(steps, child, {}, {});
  std::vector<Step*> old;
  for (Step& step : executable.steps)
    if (step.path.size() > 1 && step.path[0] == node.number) old.push_back(&step);
  if (old.empty() || old.size() != steps.size()) return false;
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (old[i]->operation.index() != steps[i].operation.index()) return false;
  for (std::size_t i = 0; i < steps.size(); ++i) old[i]->operation = std::move(steps[i].operation);
  return true;
}

CUgraphExecUpdateResult update(Executable& executable, const Graph& graph, Node** culprit) {
  std::vector<Step> steps;
  unfold(steps, graph, {}, {});
  *culprit = nullptr;
  if (steps.size() != executable.steps.size()) return CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
  const std::vector<Node*> order = in_order(graph);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto node = std::find_if(order.begin(), order.end(),
                                   [&](Node* each) { return each->number == steps[i].path[0]; });
    *culprit = node == order.end() ? nullptr : *node;
    if (steps[i].before != executable.steps[i].before) return CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
    if (steps[i].operation.index() != executable.steps[i].operation.index())
      return CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED;
    if (std::holds_alternative<Allocate>(steps[i].operation) ||
        std::holds_alternative<Free>(steps[i].operation))
      return CU_GRAPH_EXEC_UPDATE_ERROR_NOT_SUPPORTED;
  }
  *culprit = nullptr;
  for (std::size_t i = 0; i < steps.size(); ++i)
    executable.steps[i].operation = std::move(steps[i].operation);
  return CU_GRAPH_EXEC_UPDATE_SUCCESS;
}

}  // namespace simcuda::graph
