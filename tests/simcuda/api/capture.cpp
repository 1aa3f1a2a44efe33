// Streams are captured into graphs.
#include "graph/capture.hpp"

#include "api/twins.hpp"

namespace simcuda {
namespace {

CUresult begin(Context& context, CUstream handle, CUstreamCaptureMode mode, bool per_thread) {
  return with_stream(context, handle, per_thread,
                     [&](const auto& stream) { return graph::begin(stream, mode, nullptr, {}); });
}

// False: a handle is not a node of this graph.
bool nodes_of(const graph::Graph& graph, const CUgraphNode* handles, size_t count,
              std::vector<graph::Node*>& nodes) {
  for (size_t i = 0; i < count; ++i) {
    graph::Node* node = graph::find_node(handles[i]);
    if (node == nullptr || node->graph != &graph) return false;
    nodes.push_back(node);
  }
  return true;
}

CUresult begin_into(Context& context, CUstream handle, CUgraph into, const CUgraphNode* after, size_t count,
                    CUstreamCaptureMode mode, bool per_thread) {
  return with_stream(context, handle, per_thread, [&](const auto& stream) -> CUresult {
    const std::lock_guard guard(graph::graph_lock());
    const graph::GraphRef graph = graph::find_graph(into);
    std::vector<graph::Node*> tips;
    if (!graph || (after == nullptr && count > 0) || !nodes_of(*graph, after, count, tips))
      return CUDA_ERROR_INVALID_VALUE;
    return graph::begin(stream, mode, graph, std::move(tips));
  });
}

// The legacy stream's own state cannot be told while a stream that it synchronises with is captured.
CUresult may_tell(const engine::StreamRef& stream) {
  if (engine::handle_of(stream) != CU_STREAM_LEGACY) return CUDA_SUCCESS;
  return engine::legacy_stream_is_implied(engine::context_of(stream)) ? CUDA_ERROR_STREAM_CAPTURE_IMPLICIT
                                                                      : CUDA_SUCCESS;
}

struct Told {
  CUstreamCaptureStatus* status = nullptr;
  cuuint64_t* id = nullptr;
  CUgraph* graph = nullptr;
  const CUgraphNode** nodes = nullptr;
  const CUgraphEdgeData** edges = nullptr;
  size_t* count = nullptr;
};

CUresult tell(Context& context, CUstream handle, bool per_thread, const Told& told) {
  return with_stream(context, handle, per_thread, [&](const engine::StreamRef& stream) -> CUresult {
    if (told.status == nullptr) return CUDA_ERROR_INVALID_VALUE;
    const CUresult result = may_tell(stream);
    if (result != CUDA_SUCCESS) return result;
    *told.status = engine::capture_status(stream);
    const engine::CaptureRef capture = engine::capture_of(stream);
    if (*told.status != CU_STREAM_CAPTURE_STATUS_ACTIVE || !capture) return CUDA_SUCCESS;
    const std::lock_guard guard(graph::graph_lock());
    graph::Recording& recording = graph::recording_of(capture);
    std::vector<CUgraphNode>& shown = recording.shown[stream.get()];
    shown.clear();
    for (const graph::Node* tip : recording.tips[stream.get()]) shown.push_back(graph::handle_of(tip));
    if (told.id != nullptr) *told.id = capture->id;
    if (told.graph != nullptr) *told.graph = graph::handle_of(recording.graph.get());
    if (told.nodes != nullptr) *told.nodes = shown.data();
    if (told.edges != nullptr) *told.edges = nullptr;  // plain edges only
    if (told.count != nullptr) *told.count = shown.size();
    return CUDA_SUCCESS;
  });
}

CUresult set_tips(Context& context, CUstream handle, const CUgraphNode* nodes, size_t count, unsigned flags,
                  bool per_thread) {
  return with_stream(context, handle, per_thread, [&](const engine::StreamRef& stream) -> CUresult {
    const engine::CaptureRef capture = engine::capture_of(stream);
    if (!capture) return CUDA_ERROR_ILLEGAL_STATE;
    if (flags > CU_STREAM_SET_CAPTURE_DEPENDENCIES || (nodes == nullptr && count > 0))
      return CUDA_ERROR_INVALID_VALUE;
    const std::lock_guard guard(graph::graph_lock());
    graph::Recording& recording = graph::recording_of(capture);
    std::vector<graph::Node*> given;
    if (!nodes_of(*recording.graph, nodes, count, given)) return CUDA_ERROR_INVALID_VALUE;
    std::vector<graph::Node*>& tips = recording.tips[stream.get()];
    if (flags == CU_STREAM_SET_CAPTURE_DEPENDENCIES) tips.clear();
    for (graph::Node* node : given)
      if (std::find(tips.begin(), tips.end(), node) == tips.end()) tips.push_back(node);
    return CUDA_SUCCESS;
  });
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

SIMCUDA_TWINS(cuStreamBeginCapture, _ptsz, (CUstream stream),
              return begin(context, stream, CU_STREAM_CAPTURE_MODE_GLOBAL, per_thread);)
SIMCUDA_TWINS(cuStreamBeginCapture_v2, _ptsz, (CUstream stream, CUstreamCaptureMode mode),
              return begin(context, stream, mode, per_thread);)
SIMCUDA_TWINS(cuStreamBeginCaptureToGraph, _ptsz,
              (CUstream stream, CUgraph graph, const CUgraphNode* after, const CUgraphEdgeData*, size_t count,
               CUstreamCaptureMode mode),
              return begin_into(context, stream, graph, after, count, mode, per_thread);)
SIMCUDA_TWINS(cuStreamEndCapture, _ptsz, (CUstream handle, CUgraph* graph),
              return with_stream(context, handle, per_thread, [&](const auto& stream) {
                return graph == nullptr ? CUDA_ERROR_INVALID_VALUE : graph::end(stream, graph);
              });)
SIMCUDA_TWINS(cuStreamIsCapturing, _ptsz, (CUstream stream, CUstreamCaptureStatus* status),
              return tell(context, stream, per_thread, {.status = status});)
SIMCUDA_TWINS(cuStreamGetCaptureInfo, _ptsz, (CUstream stream, CUstreamCaptureStatus* status, cuuint64_t* id),
              return tell(context, stream, per_thread, {.status = status, .id = id});)
SIMCUDA_TWINS(cuStreamGetCaptureInfo_v2, _ptsz,
              (CUstream stream, CUstreamCaptureStatus* status, cuuint64_t* id, CUgraph* graph,
               const CUgraphNode** nodes, size_t* count),
              return tell(context, stream, per_thread,
                          {.status = status, .id = id, .graph = graph, .nodes = nodes, .count = count});)
SIMCUDA_TWINS(cuStreamGetCaptureInfo_v3, _ptsz,
              (CUstream stream, CUstreamCaptureStatus* status, cuuint64_t* id, CUgraph* graph,
               const CUgraphNode** nodes, const CUgraphEdgeData** edges, size_t* count),
              return tell(context, stream, per_thread, {status, id, graph, nodes, edges, count});)
SIMCUDA_TWINS(cuStreamUpdateCaptureDependencies, _ptsz,
              (CUstream stream, CUgraphNode* nodes, size_t count, unsigned int flags),
              return set_tips(context, stream, nodes, count, flags, per_thread);)
SIMCUDA_TWINS(cuStreamUpdateCaptureDependencies_v2, _ptsz,
              (CUstream stream, CUgraphNode* nodes, const CUgraphEdgeData*, size_t count, unsigned int flags),
              return set_tips(context, stream, nodes, count, flags, per_thread);)

extern "C" CUresult CUDAAPI cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  return initialised(__func__, [&] {
    if (mode == nullptr || *mode < CU_STREAM_CAPTURE_MODE_GLOBAL || *mode > CU_STREAM_CAPTURE_MODE_RELAXED)
      return CUDA_ERROR_INVALID_VALUE;
    *mode = engine::exchange_mode(*mode);
    return CUDA_SUCCESS;
  });
}
