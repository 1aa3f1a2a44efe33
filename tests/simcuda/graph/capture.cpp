#include "graph/capture.hpp"

#include <algorithm>

namespace simcuda::graph {
namespace {

bool is_legacy(const engine::StreamRef& stream) { return engine::handle_of(stream) == CU_STREAM_LEGACY; }

// All that was captured into streams that joined is before what the first stream goes on from.
bool all_joined(const Recording& recording, const engine::CaptureRef& capture) {
  const auto own = recording.tips.find(capture->origin.get());
  const std::set<Node*> ends(own->second.begin(), own->second.end());
  for (const auto& [stream, tips] : recording.tips)
    for (const Node* tip : tips)
      if (!comes_before(tip, ends)) return false;
  return true;
}

CUresult fail(const engine::CaptureRef& capture, CUresult error) {
  engine::invalidate(capture);
  return error;
}

void merge(std::vector<Node*>& into, const std::vector<void*>& more) {
  for (void* each : more) {
    Node* node = static_cast<Node*>(each);
    if (std::find(into.begin(), into.end(), node) == into.end()) into.push_back(node);
  }
}

}  // namespace

Recording& recording_of(const engine::CaptureRef& capture) {
  return *static_cast<Recording*>(capture->graph.get());
}

CUresult begin(const engine::StreamRef& stream, CUstreamCaptureMode mode, const GraphRef& into,
               std::vector<Node*> after) {
  if (mode != CU_STREAM_CAPTURE_MODE_GLOBAL && mode != CU_STREAM_CAPTURE_MODE_THREAD_LOCAL &&
      mode != CU_STREAM_CAPTURE_MODE_RELAXED)
    return CUDA_ERROR_INVALID_VALUE;
  if (is_legacy(stream)) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (engine::capture_of(stream)) return CUDA_ERROR_ILLEGAL_STATE;
  const std::lock_guard guard(graph_lock());
  auto recording = std::make_shared<Recording>();
  recording->graph = into ? into : make_graph();
  recording->given = into != nullptr;
  recording->tips[stream.get()] = std::move(after);
  engine::begin_capture(stream, mode, recording);
  return CUDA_SUCCESS;
}

CUresult end(const engine::StreamRef& stream, CUgraph* graph) {
  const engine::CaptureRef capture = engine::capture_of(stream);
  if (!capture) return CUDA_ERROR_ILLEGAL_STATE;
  if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED && capture->thread != engine::calling_thread())
    return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
  if (capture->origin != stream) return fail(capture, CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
  const std::lock_guard guard(graph_lock());
  Recording& recording = recording_of(capture);
  CUresult result = CUDA_SUCCESS;
  if (engine::capture_status(stream) == CU_STREAM_CAPTURE_STATUS_INVALIDATED)
    result = CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  else if (!all_joined(recording, capture))
    result = CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
  engine::end_capture(capture);
  *graph = result == CUDA_SUCCESS ? handle_of(recording.graph.get()) : nullptr;
  if (result != CUDA_SUCCESS && !recording.given) destroy_graph(handle_of(recording.graph.get()));
  return result;
}

Issued issue(const engine::StreamRef& stream, Operation operation, const std::string& what) {
  const engine::CaptureRef capture = engine::capture_of(stream);
  if (!capture) {
    if (is_legacy(stream)) {
      const CUresult result = engine::legacy_stream_call(engine::context_of(stream));
      if (result != CUDA_SUCCESS) return {result, nullptr, nullptr};
    }
    return {CUDA_SUCCESS, submit(stream, operation, what), nullptr};
  }
  if (engine::capture_status(stream) == CU_STREAM_CAPTURE_STATUS_INVALIDATED)
    return {CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, nullptr, nullptr};
  const std::lock_guard guard(graph_lock());
  Recording& recording = recording_of(capture);
  std::vector<Node*>& tips = recording.tips[stream.get()];
  Node* node = add_node(*recording.graph, tips, std::move(operation));
  if (node == nullptr) return {fail(capture, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED), nullptr, nullptr};
  tips = {node};
  return {CUDA_SUCCESS, nullptr, node};
}

CUresult may_wait_for(const engine::StreamRef& stream) {
  if (const engine::CaptureRef capture = engine::capture_of(stream))
    return fail(capture, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  if (!is_legacy(stream)) return CUDA_SUCCESS;
  return engine::legacy_stream_call(engine::context_of(stream));
}

CUresult record(const engine::StreamRef& stream, const engine::EventRef& event, unsigned flags,
                const std::string& what) {
  const engine::CaptureRef capture = engine::capture_of(stream);
  if (!capture || (flags & CU_EVENT_RECORD_EXTERNAL) != 0) return issue(stream, Record{event}, what).result;
  if (engine::capture_status(stream) == CU_STREAM_CAPTURE_STATUS_INVALIDATED)
    return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  const std::lock_guard guard(graph_lock());
  const std::vector<Node*>& tips = recording_of(capture).tips[stream.get()];
  engine::mark_captured(event, capture, {tips.begin(), tips.end()});
  return CUDA_SUCCESS;
}

CUresult wait(const engine::StreamRef& stream, const engine::EventRef& event, unsigned flags,
              const std::string& what) {
  const engine::CaptureRef capture = engine::capture_of(stream);
  const engine::Event last = engine::snapshot(event);
  if (!last.capture || (flags & CU_EVENT_WAIT_EXTERNAL) != 0) {
    // Work outside cannot be waited for inside, except by a node that says so.
    if (capture && last.recorded && (flags & CU_EVENT_WAIT_EXTERNAL) == 0)
      return fail(capture, CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
    if (!last.recorded && (flags & CU_EVENT_WAIT_EXTERNAL) == 0) return CUDA_SUCCESS;
    return issue(stream, Wait{event}, what).result;
  }
  if (capture && capture != last.capture) {
    engine::invalidate(capture);
    return fail(last.capture, CUDA_ERROR_STREAM_CAPTURE_MERGE);
  }
  if (is_legacy(stream)) return fail(last.capture, CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
  const std::lock_guard guard(graph_lock());
  if (engine::capture_status(last.capture->origin) == CU_STREAM_CAPTURE_STATUS_NONE ||
      engine::capture_of(last.capture->origin) != last.capture)
    return CUDA_ERROR_INVALID_VALUE;  // that capture has ended
  if (engine::is_invalid(last.capture)) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (!capture) engine::join_capture(last.capture, stream);
  merge(recording_of(last.capture).tips[stream.get()], last.nodes);
  return CUDA_SUCCESS;
}

}  // namespace simcuda::graph
