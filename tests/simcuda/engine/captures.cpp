#include "engine/captures.hpp"

#include <algorithm>

#include "base/unusual.hpp"
#include "engine/state.hpp"

namespace simcuda::engine {
namespace {

thread_local CUstreamCaptureMode my_mode = CU_STREAM_CAPTURE_MODE_GLOBAL;

// Which captures a potentially unsafe call of this thread disturbs.
bool conflicts(const Capture& capture, std::uint64_t thread) {
  if (my_mode == CU_STREAM_CAPTURE_MODE_RELAXED) return false;
  if (capture.thread == thread) return capture.mode != CU_STREAM_CAPTURE_MODE_RELAXED;
  return my_mode == CU_STREAM_CAPTURE_MODE_GLOBAL && capture.mode == CU_STREAM_CAPTURE_MODE_GLOBAL;
}

// All captures that `hit` says are hit become invalid; then the answer is `error`.
template <typename Hit>
CUresult refuse_if(const Hit& hit, CUresult error) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  CUresult result = CUDA_SUCCESS;
  for (const CaptureRef& capture : s.captures) {
    if (!hit(s, capture)) continue;
    capture->invalid = true;
    result = error;
  }
  return result;
}

bool has_stream(const State& s, const CaptureRef& capture, CUcontext context, bool only_blocking) {
  return std::any_of(s.streams.begin(), s.streams.end(), [&](const StreamRef& stream) {
    return stream->capture == capture && stream->context == context && (!only_blocking || stream->blocking());
  });
}

}  // namespace

bool ever_captured() { return is_unusual(captured); }

CaptureRef begin_capture(const StreamRef& origin, CUstreamCaptureMode mode, std::shared_ptr<void> graph) {
  State& s = state();
  set_unusual(captured);
  auto capture = std::make_shared<Capture>();
  capture->mode = mode;
  capture->thread = calling_thread();
  capture->origin = origin;
  capture->graph = std::move(graph);
  const std::lock_guard guard(s.lock);
  capture->id = s.next_capture++;
  origin->capture = capture;
  s.captures.push_back(capture);
  return capture;
}

void join_capture(const CaptureRef& capture, const StreamRef& stream) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  stream->capture = capture;
}

void end_capture(const CaptureRef& capture) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  for (const StreamRef& stream : s.streams)
    if (stream->capture == capture) stream->capture = nullptr;
  capture->origin->capture = nullptr;
  s.captures.erase(std::remove(s.captures.begin(), s.captures.end(), capture), s.captures.end());
}

CaptureRef capture_of(const StreamRef& stream) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  return stream->capture;
}

CUstreamCaptureStatus capture_status(const StreamRef& stream) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  if (!stream->capture) return CU_STREAM_CAPTURE_STATUS_NONE;
  return stream->capture->invalid ? CU_STREAM_CAPTURE_STATUS_INVALIDATED : CU_STREAM_CAPTURE_STATUS_ACTIVE;
}

std::vector<StreamRef> streams_of(const CaptureRef& capture) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  std::vector<StreamRef> members;
  for (const StreamRef& stream : s.streams)
    if (stream->capture == capture) members.push_back(stream);
  return members;
}

void invalidate(const CaptureRef& capture) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  capture->invalid = true;
}

bool is_invalid(const CaptureRef& capture) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  return capture->invalid;
}

CUresult potentially_unsafe_call() {
  const std::uint64_t thread = calling_thread();
  return refuse_if([&](const State&, const CaptureRef& capture) { return conflicts(*capture, thread); },
                   CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
}

CUresult context_wide_call(CUcontext context) {
  return refuse_if(
      [&](const State& s, const CaptureRef& capture) { return has_stream(s, capture, context, false); },
      CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
}

CUresult legacy_stream_call(CUcontext context) {
  return refuse_if(
      [&](const State& s, const CaptureRef& capture) { return has_stream(s, capture, context, true); },
      CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
}

bool legacy_stream_is_implied(CUcontext context) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  return std::any_of(s.captures.begin(), s.captures.end(),
                     [&](const CaptureRef& capture) { return has_stream(s, capture, context, true); });
}

CUstreamCaptureMode exchange_mode(CUstreamCaptureMode mode) {
  const CUstreamCaptureMode before = my_mode;
  my_mode = mode;
  return before;
}

}  // namespace simcuda::engine
