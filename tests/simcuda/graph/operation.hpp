// What can be asked of a stream, described so that it can run now, be captured into a graph, and be launched again.
#pragma once

#include <cuda.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "engine/events.hpp"
#include "module/models.hpp"

namespace simcuda::graph {

struct Graph;

// One end of a copy: rows of memory, or an array.
struct Side {
  CUmemorytype type = CU_MEMORYTYPE_UNIFIED;
  CUdeviceptr address = 0;
  CUarray array = nullptr;
  std::size_t x = 0, y = 0, z = 0;    // where in it: bytes, rows, slices
  std::size_t pitch = 0, height = 0;  // bytes from row to row, rows from slice to slice; of memory
};

struct Copy {
  Side from, to;
  std::size_t width = 0, height = 1, depth = 1;
  std::shared_ptr<std::vector<std::byte>> staged = {};  // rows taken from pageable memory at the call
};

struct Fill {
  CUdeviceptr address = 0;
  std::size_t pitch = 0;
  unsigned value = 0;
  unsigned element = 1;
  std::size_t width = 0, height = 1;  // elements, rows
};

struct Host {
  CUhostFn function = nullptr;
  void* user = nullptr;
};

struct Callback {
  CUstreamCallback function = nullptr;
  CUstream stream = nullptr;
  void* user = nullptr;
};

struct MemoryOps {
  std::vector<CUstreamBatchMemOpParams> list;
};

struct Record {
  engine::EventRef event;
};
struct Wait {
  engine::EventRef event;
};
struct Child {
  std::shared_ptr<Graph> graph;
};
struct Empty {};

// Memory of a graph: the address is there from the node on, the memory behind it from launch to free.
struct Allocate {
  CUDA_MEM_ALLOC_NODE_PARAMS parameters{};
  std::vector<CUmemAccessDesc> access;
};
struct Free {
  CUdeviceptr address = 0;
};

using Operation = std::variant<Empty, module::Launch, Copy, Fill, Host, Callback, MemoryOps, Record, Wait,
                               Child, Allocate, Free>;

CUgraphNodeType type_of(const Operation& operation);

// Whether it makes sense at all: sizes, pitches, and that the ranges lie in memory the device reaches.
CUresult check(const Operation& operation);

// What the engine is to do for it. Child has no work of its own.
engine::Work work_of(const Operation& operation, const std::string& what);

// Submits to the stream, not minding a capture. Record and Wait act on their event as of now.
engine::Ticket submit(const engine::StreamRef& stream, const Operation& operation, const std::string& what,
                      std::vector<engine::Ticket> after = {});

}  // namespace simcuda::graph
