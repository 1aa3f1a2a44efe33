#include "graph/operation.hpp"

#include <atomic>
#include <cstring>

#include "base/lock.hpp"
#include "graph/copy.hpp"
#include "graph/memory_nodes.hpp"
#include "heap/blocks.hpp"

namespace simcuda::graph {
namespace {

template <class... Ts>
struct Cases : Ts... {
  using Ts::operator()...;
};

// What a test has declared of the kernel; else every block that a parameter points into may be read and written as a
// whole: more is not known of a kernel.
std::vector<engine::Touch> touches_of(const module::Launch& launch) {
  std::vector<engine::Touch> touches;
  const auto declared = module::declared_touches(launch);
  locked([&] {
    for (const auto& [address, bytes] : declared)
      if (const Block* block = find_block(address))
        touches.push_back({.base = address, .bytes = bytes, .write = true, .block = block->id});
    if (!declared.empty()) return;
    for (std::size_t at = 0; at + sizeof(CUdeviceptr) <= launch.packed.size(); at += sizeof(CUdeviceptr)) {
      CUdeviceptr value = 0;
      std::memcpy(&value, &launch.packed[at], sizeof value);
      if (const Block* block = find_block(value))
        touches.push_back({.base = block->base, .bytes = block->bytes, .write = true, .block = block->id});
    }
  });
  return touches;
}

engine::Work kernel_work(const module::Launch& launch) {
  engine::Work work;
  work.touches = touches_of(launch);
  work.run = [launch] { return module::run_model(launch); };
  if (module::is_blocked(launch.function->code->name))
    work.gate = [name = launch.function->code->name] { return !module::is_blocked(name); };
  work.cost_ns = 10000;
  return work;
}

bool is_wait(const CUstreamBatchMemOpParams& op) {
  return op.operation == CU_STREAM_MEM_OP_WAIT_VALUE_32 || op.operation == CU_STREAM_MEM_OP_WAIT_VALUE_64;
}
bool is_write(const CUstreamBatchMemOpParams& op) {
  return op.operation == CU_STREAM_MEM_OP_WRITE_VALUE_32 || op.operation == CU_STREAM_MEM_OP_WRITE_VALUE_64;
}
std::size_t width_of(const CUstreamBatchMemOpParams& op) {
  const bool wide =
      op.operation == CU_STREAM_MEM_OP_WAIT_VALUE_64 || op.operation == CU_STREAM_MEM_OP_WRITE_VALUE_64;
  return wide ? 8 : 4;
}

template <typename T>
bool holds(T there, T value, unsigned flags) {
  switch (flags & 3) {
    case CU_STREAM_WAIT_VALUE_GEQ: return static_cast<std::make_signed_t<T>>(there - value) >= 0;
    case CU_STREAM_WAIT_VALUE_EQ: return there == value;
    case CU_STREAM_WAIT_VALUE_AND: return (there & value) != 0;
    default: return (there | value) != static_cast<T>(~T{0});  // NOR
  }
}

bool is_reached(const CUstreamBatchMemOpParams& op) {
  const auto place = try_reach(op.waitValue.address, width_of(op));
  if (!place) return true;  // let it run, and say so then
  if (width_of(op) == 4) {
    const std::uint32_t there = std::atomic_ref(*reinterpret_cast<std::uint32_t*>(*place)).load();
    return holds<std::uint32_t>(there, op.waitValue.value, op.waitValue.flags);
  }
  const std::uint64_t there = std::atomic_ref(*reinterpret_cast<std::uint64_t*>(*place)).load();
  return holds<std::uint64_t>(there, op.waitValue.value64, op.waitValue.flags);
}

CUresult run_memory_op(const CUstreamBatchMemOpParams& op, const std::string& what) {
  if (!is_wait(op) && !is_write(op)) return CUDA_SUCCESS;  // barriers: the engine keeps order anyway
  std::byte* place = reach(op.writeValue.address, width_of(op), what.c_str());
  if (place == nullptr) return CUDA_ERROR_ILLEGAL_ADDRESS;
  if (is_wait(op)) return CUDA_SUCCESS;
  if (width_of(op) == 4)
    std::atomic_ref(*reinterpret_cast<std::uint32_t*>(place)).store(op.writeValue.value);
  else
    std::atomic_ref(*reinterpret_cast<std::uint64_t*>(place)).store(op.writeValue.value64);
  return CUDA_SUCCESS;
}

engine::Work memory_work(const MemoryOps& ops, const std::string& what) {
  engine::Work work;
  for (const auto& op : ops.list)
    if (is_wait(op) || is_write(op))
      work.touches.push_back({.base = op.writeValue.address, .bytes = width_of(op), .write = is_write(op)});
  // The writes before a wait happen before it is asked, as they would one after the other.
  work.gate = [ops, what, next = std::size_t{0}]() mutable {
    for (; next < ops.list.size(); ++next) {
      if (is_wait(ops.list[next]) && !is_reached(ops.list[next])) return false;
      if (run_memory_op(ops.list[next], what) != CUDA_SUCCESS) return true;
    }
    return true;
  };
  work.run = [ops] {
    for (const auto& op : ops.list)
      if ((is_wait(op) || is_write(op)) && !try_reach(op.writeValue.address, width_of(op)))
        return CUDA_ERROR_ILLEGAL_ADDRESS;
    return CUDA_SUCCESS;
  };
  return work;
}

CUresult check_memory_ops(const MemoryOps& ops) {
  for (const auto& op : ops.list) {
    const bool known = is_wait(op) || is_write(op) || op.operation == CU_STREAM_MEM_OP_BARRIER ||
                       op.operation == CU_STREAM_MEM_OP_FLUSH_REMOTE_WRITES;
    if (!known) return CUDA_ERROR_INVALID_VALUE;
    if (!is_wait(op) && !is_write(op)) continue;
    const CUdeviceptr at = op.writeValue.address;
    if (at == 0 || at % width_of(op) != 0 || !try_reach(at, width_of(op))) return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

}  // namespace

CUgraphNodeType type_of(const Operation& operation) {
  return std::visit(Cases{[](const Empty&) { return CU_GRAPH_NODE_TYPE_EMPTY; },
                          [](const module::Launch&) { return CU_GRAPH_NODE_TYPE_KERNEL; },
                          [](const Copy&) { return CU_GRAPH_NODE_TYPE_MEMCPY; },
                          [](const Fill&) { return CU_GRAPH_NODE_TYPE_MEMSET; },
                          [](const Host&) { return CU_GRAPH_NODE_TYPE_HOST; },
                          [](const Callback&) { return CU_GRAPH_NODE_TYPE_HOST; },
                          [](const MemoryOps&) { return CU_GRAPH_NODE_TYPE_BATCH_MEM_OP; },
                          [](const Record&) { return CU_GRAPH_NODE_TYPE_EVENT_RECORD; },
                          [](const Wait&) { return CU_GRAPH_NODE_TYPE_WAIT_EVENT; },
                          [](const Child&) { return CU_GRAPH_NODE_TYPE_GRAPH; },
                          [](const Allocate&) { return CU_GRAPH_NODE_TYPE_MEM_ALLOC; },
                          [](const Free&) { return CU_GRAPH_NODE_TYPE_MEM_FREE; }},
                    operation);
}

CUresult check(const Operation& operation) {
  return std::visit(Cases{[](const Copy& copy) { return check_copy(copy); },
                          [](const Fill& fill) { return check_fill(fill); },
                          [](const MemoryOps& ops) { return check_memory_ops(ops); },
                          [](const Host& host) {
                            return host.function == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
                          },
                          [](const auto&) { return CUDA_SUCCESS; }},
                    operation);
}

engine::Work work_of(const Operation& operation, const std::string& what) {
  engine::Work work = std::visit(
      Cases{[&](const module::Launch& launch) { return kernel_work(launch); },
            [&](const Copy& copy) {
              engine::Work made;
              made.touches = touches_of(copy);
              made.run = [copy, what] { return run_copy(copy, what); };
              made.is_copy = true;
              made.cost_ns = 1000 + bytes_of(copy) / 16;
              return made;
            },
            [&](const Fill& fill) {
              engine::Work made;
              made.touches = touches_of(fill);
              made.run = [fill, what] { return run_fill(fill, what); };
              return made;
            },
            [&](const Host& host) {
              engine::Work made;
              made.place = engine::Place::host;
              made.run = [host] { return host.function(host.user), CUDA_SUCCESS; };
              return made;
            },
            [&](const Callback& call) {
              engine::Work made;
              made.place = engine::Place::host;
              made.run = [call] { return call.function(call.stream, CUDA_SUCCESS, call.user), CUDA_SUCCESS; };
              return made;
            },
            [&](const MemoryOps& ops) { return memory_work(ops, what); },
            [&](const Allocate& allocate) {
              engine::Work made;
              made.run = [address = allocate.parameters.dptr] { return back_memory(address); };
              return made;
            },
            [&](const Free& free) {
              engine::Work made;
              made.touches = {{.base = free.address, .bytes = 1, .write = true}};
              made.run = [address = free.address] { return unback_memory(address); };
              return made;
            },
            [](const auto&) { return engine::Work{}; }},
      operation);
  work.what = what;
  return work;
}

engine::Ticket submit(const engine::StreamRef& stream, const Operation& operation, const std::string& what,
                      std::vector<engine::Ticket> after) {
  if (const auto* wait = std::get_if<Wait>(&operation)) {
    const engine::Event event = engine::snapshot(wait->event);
    after.insert(after.end(), event.marks.begin(), event.marks.end());
  }
  const engine::Ticket ticket = engine::submit(stream, work_of(operation, what), std::move(after));
  if (const auto* record = std::get_if<Record>(&operation)) engine::mark(record->event, {ticket});
  return ticket;
}

}  // namespace simcuda::graph
