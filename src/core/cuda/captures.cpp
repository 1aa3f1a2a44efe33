#include "core/cuda/captures.hpp"

#include <atomic>

#include "core/base/bits.hpp"
#include "core/cuda/bodies.hpp"
#include "core/cuda/contexts_seen.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/patience.hpp"
#include "core/cuda/streams.hpp"
#include "core/cuda/table.hpp"

namespace weir::cuda {
namespace {

// A capture that begins raises g_open and then looks for keepers; a keeper raises its count and then looks at g_open. All of
// it is seq_cst: one of the two sees the other.
constexpr std::atomic<int>& g_open = detail::g_open_captures;
constinit std::uint32_t g_keepers[2]{};  ///< by Lasts
/// The calling thread's: a capture that begins within (in a signal handler) does not wait for its own thread.
constinit thread_local std::uint32_t t_keepers [[gnu::tls_model("initial-exec")]]{};

constexpr std::uint32_t& g_was_open = detail::g_was_any_captured;

struct OpenCapture {
  int context;  ///< number of the stream's; -1: unknown
};
constinit platform::Lock g_lock{};
constinit Table<OpenCapture> g_captures{};  ///< by stream

std::uint32_t keepers(Housekeeping::Lasts lasts) noexcept {
  return std::atomic_ref{g_keepers[static_cast<int>(lasts)]}.load(std::memory_order_seq_cst);
}

/// A thread's own default stream has one name in all threads, and another stream behind it in each.
std::uint64_t key_of_stream(CUstream stream) noexcept {
  if (stream != nullptr && stream != CU_STREAM_PER_THREAD) return key_of(stream);
  CUcontext context = nullptr;
  (void)ask::ctx_get_current(&context);
  return key_of(&t_keepers) ^ mix(key_of(context));
}

int context_of(CUstream stream) noexcept {
  KnownStream known{};
  return find_stream(stream, known) ? known.context : current_context();
}

void closed(std::uint64_t key) noexcept {
  const platform::Holding hold{g_lock};
  if (g_captures.find(key) == nullptr) return;
  g_captures.erase(key);
  g_open.fetch_sub(1, std::memory_order_seq_cst);
}

/// One that no table has room for is open for ever: nothing is asked any more.
void opened(std::uint64_t key, int context) noexcept {
  const platform::Holding hold{g_lock};
  // Known already: it ended without us.
  if (g_captures.find(key) != nullptr) g_open.fetch_sub(1, std::memory_order_seq_cst);
  if (OpenCapture* capture = g_captures.insert(key)) capture->context = context;
}

template <class Begin>
CUresult begin(CUstream stream, Begin begin) noexcept {
  const std::uint64_t key = key_of_stream(stream);
  const int context = context_of(stream);
  store_release(g_was_open, 1U);
  g_open.fetch_add(1, std::memory_order_seq_cst);
  if (t_keepers == 0) {
    let_housekeeping_end();
    wait_until([]() noexcept { return keepers(Housekeeping::Lasts::Long) == 0; },
               Housekeeping::kLongestStartNs);
  }
  const CUresult result = begin();
  if (result == CUDA_SUCCESS)
    opened(key, context);
  else
    g_open.fetch_sub(1, std::memory_order_seq_cst);
  return result;
}

/// The capture goes on: the call was wrong, or is not this thread's to make.
bool is_still_open(CUresult result) noexcept {
  return result == CUDA_ERROR_STREAM_CAPTURE_UNMATCHED || result == CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD ||
         result == CUDA_ERROR_INVALID_VALUE || result == CUDA_ERROR_INVALID_HANDLE ||
         result == CUDA_ERROR_INVALID_CONTEXT;
}

}  // namespace

constinit std::atomic<int> detail::g_open_captures{};
constinit std::uint32_t detail::g_was_any_captured{};

bool is_capturing(CUstream stream) noexcept {
  if (!is_any_stream_capturing()) return false;
  CUstreamCaptureStatus status = CU_STREAM_CAPTURE_STATUS_NONE;
  return ask::is_capturing(stream, &status) == CUDA_SUCCESS && status == CU_STREAM_CAPTURE_STATUS_ACTIVE;
}

Housekeeping::Housekeeping(Lasts lasts) noexcept : keepers_{nullptr} {
  if (is_any_stream_capturing()) return;
  std::uint32_t& count = g_keepers[static_cast<int>(lasts)];
  std::atomic_ref{count}.fetch_add(1, std::memory_order_seq_cst);
  if (g_open.load(std::memory_order_seq_cst) != 0) {
    std::atomic_ref{count}.fetch_sub(1, std::memory_order_release);
    return;
  }
  keepers_ = &count;
  t_keepers = t_keepers + 1;
}

Housekeeping::~Housekeeping() {
  if (keepers_ == nullptr) return;
  t_keepers = t_keepers - 1;
  // release: what was asked of the driver is over.
  std::atomic_ref{*keepers_}.fetch_sub(1, std::memory_order_release);
}

void let_housekeeping_end() noexcept {
  wait_until([]() noexcept { return keepers(Housekeeping::Lasts::Briefly) == 0; }, kPatienceNs);
}

void capture_ended_with(CUstream stream) noexcept {
  if (is_any_stream_capturing()) closed(key_of_stream(stream));
}

void captures_ended_with(int context) noexcept {
  if (!is_any_stream_capturing()) return;
  const platform::Holding hold{g_lock};
  const auto is_its = [=](std::uint64_t, const OpenCapture& it) noexcept { return it.context == context; };
  while (const auto* capture = g_captures.find_if(is_its)) {
    g_captures.erase(capture->key);
    g_open.fetch_sub(1, std::memory_order_seq_cst);
  }
}

CUresult begin_capture_v1(Call&, CUresult (*real)(CUstream), CUstream stream) noexcept {
  return begin(stream, [=]() noexcept { return real(stream); });
}

CUresult begin_capture(Call&, CUresult (*real)(CUstream, CUstreamCaptureMode), CUstream stream,
                       CUstreamCaptureMode mode) noexcept {
  return begin(stream, [=]() noexcept { return real(stream, mode); });
}

CUresult begin_capture_to_graph(Call&, decltype(&::cuStreamBeginCaptureToGraph) real, CUstream stream,
                                CUgraph graph, const CUgraphNode* dependencies, const CUgraphEdgeData* edges,
                                std::size_t count, CUstreamCaptureMode mode) noexcept {
  return begin(stream, [=]() noexcept { return real(stream, graph, dependencies, edges, count, mode); });
}

CUresult end_capture(Call&, CUresult (*real)(CUstream, CUgraph*), CUstream stream, CUgraph* out) noexcept {
  const std::uint64_t key = key_of_stream(stream);
  const CUresult result = real(stream, out);
  if (!is_still_open(result)) closed(key);
  return result;
}

}  // namespace weir::cuda
