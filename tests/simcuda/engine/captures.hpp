// Which streams are being captured, by whom, and which calls are forbidden meanwhile. What is captured lies in graph/;
// this part is asked by every entry point that CUDA calls potentially unsafe, so it knows nothing but streams.
#pragma once

#include "engine/engine.hpp"

namespace simcuda::engine {

// One capture sequence, from cuStreamBeginCapture to cuStreamEndCapture.
struct Capture {
  std::uint64_t id = 0;
  CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
  std::uint64_t thread = 0;  // that began it
  StreamRef origin;
  bool invalid = false;
  std::shared_ptr<void> graph;  // graph/'s business
};
using CaptureRef = std::shared_ptr<Capture>;

bool ever_captured();  // false: no stream was, so no call can be in a capture's way
CaptureRef begin_capture(const StreamRef& origin, CUstreamCaptureMode mode, std::shared_ptr<void> graph);
void join_capture(const CaptureRef& capture, const StreamRef& stream);
void end_capture(const CaptureRef& capture);  // all its streams are out of it

CaptureRef capture_of(const StreamRef& stream);  // empty: not capturing
CUstreamCaptureStatus capture_status(const StreamRef& stream);
std::vector<StreamRef> streams_of(const CaptureRef& capture);
void invalidate(const CaptureRef& capture);
bool is_invalid(const CaptureRef& capture);
std::uint64_t calling_thread();

// The first question of a potentially unsafe call (cuMemAlloc, cuMemFree, cuMemHostAlloc, cuEventQuery ...): success, or
// CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, and then the captures it conflicts with are invalid.
CUresult potentially_unsafe_call();
// The first question of a call that synchronises a context, or records or waits for all of it.
CUresult context_wide_call(CUcontext context);
// The first question of work for the legacy stream: CUDA_ERROR_STREAM_CAPTURE_IMPLICIT while a blocking stream of the
// context is capturing, and that capture is invalid.
CUresult legacy_stream_call(CUcontext context);
bool legacy_stream_is_implied(CUcontext context);  // the same question, without harm
// Swaps the calling thread's mode.
CUstreamCaptureMode exchange_mode(CUstreamCaptureMode mode);

}  // namespace simcuda::engine
