// Work that goes into a graph instead of a stream. What may be called meanwhile is engine/captures.hpp's business.
#pragma once

#include "engine/captures.hpp"
#include "graph/graph.hpp"

namespace simcuda::graph {

// The graph of a capture, and after which nodes the next of each stream comes.
struct Recording {
  GraphRef graph;
  bool given = false;  // the graph is the program's (cuStreamBeginCaptureToGraph)
  std::map<const engine::Stream*, std::vector<Node*>> tips;
  std::map<const engine::Stream*, std::vector<CUgraphNode>> shown;  // what cuStreamGetCaptureInfo pointed to
};

Recording& recording_of(const engine::CaptureRef& capture);

CUresult begin(const engine::StreamRef& stream, CUstreamCaptureMode mode, const GraphRef& into,
               std::vector<Node*> after);
CUresult end(const engine::StreamRef& stream, CUgraph* graph);

// The one way of all work: into the stream, or, while that is being captured, into the graph. The ticket is empty then.
struct Issued {
  CUresult result = CUDA_SUCCESS;
  engine::Ticket ticket;
  Node* node = nullptr;
};
Issued issue(const engine::StreamRef& stream, Operation operation, const std::string& what);

// The first question of what waits for the stream or asks it: an error while it is captured, which ends the capture.
CUresult may_wait_for(const engine::StreamRef& stream);

CUresult record(const engine::StreamRef& stream, const engine::EventRef& event, unsigned flags,
                const std::string& what);
CUresult wait(const engine::StreamRef& stream, const engine::EventRef& event, unsigned flags,
              const std::string& what);

}  // namespace simcuda::graph
