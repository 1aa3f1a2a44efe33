#include "core/cuda/captures.hpp"

#include <atomic>

#include "core/cuda/bodies.hpp"
#include "core/cuda/driver.hpp"

namespace weir::cuda {
namespace {

constinit std::atomic<int> g_open{};

CUresult opened(CUresult result) noexcept {
  if (result == CUDA_SUCCESS) g_open.fetch_add(1, std::memory_order_relaxed);
  return result;
}

void closed() noexcept {
  int open = g_open.load(std::memory_order_relaxed);
  while (open > 0 && !g_open.compare_exchange_weak(open, open - 1, std::memory_order_relaxed)) {
  }
}

/// The capture goes on: it is not this stream's, or not this thread's to end.
bool is_still_open(CUresult result) noexcept {
  return result == CUDA_ERROR_STREAM_CAPTURE_UNMATCHED || result == CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD ||
         result == CUDA_ERROR_ILLEGAL_STATE || result == CUDA_ERROR_INVALID_VALUE ||
         result == CUDA_ERROR_INVALID_HANDLE || result == CUDA_ERROR_INVALID_CONTEXT;
}

}  // namespace

bool is_any_stream_capturing() noexcept { return g_open.load(std::memory_order_relaxed) != 0; }

bool is_capturing(CUstream stream) noexcept {
  if (!is_any_stream_capturing()) return false;
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  return ask::is_capturing(stream, &status) == CUDA_SUCCESS && status == CU_STREAM_CAPTURE_STATUS_ACTIVE;
}

CUresult begin_capture_v1(Call&, CUresult (*real)(CUstream), CUstream stream) noexcept {
  return opened(real(stream));
}

CUresult begin_capture(Call&, CUresult (*real)(CUstream, CUstreamCaptureMode), CUstream stream,
                       CUstreamCaptureMode mode) noexcept {
  return opened(real(stream, mode));
}

CUresult begin_capture_to_graph(Call&, decltype(&::cuStreamBeginCaptureToGraph) real, CUstream stream,
                                CUgraph graph, const CUgraphNode* dependencies, const CUgraphEdgeData* edges,
                                std::size_t count, CUstreamCaptureMode mode) noexcept {
  return opened(real(stream, graph, dependencies, edges, count, mode));
}

CUresult end_capture(Call&, CUresult (*real)(CUstream, CUgraph*), CUstream stream, CUgraph* out) noexcept {
  const CUresult result = real(stream, out);
  if (!is_still_open(result)) closed();
  return result;
}

CUresult destroy_stream(Call&, CUresult (*real)(CUstream), CUstream stream) noexcept {
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  const bool is_open = stream != nullptr && is_any_stream_capturing() &&
                       ask::is_capturing(stream, &status) == CUDA_SUCCESS &&
                       status != CU_STREAM_CAPTURE_STATUS_NONE;
  const CUresult result = real(stream);
  if (is_open && result == CUDA_SUCCESS) closed();
  return result;
}

}  // namespace weir::cuda
