// Events in streams and in whole contexts.
#include <algorithm>

#include "api/twins.hpp"
#include "graph/capture.hpp"
#include "memory/ipc_event.hpp"
#include "memory/pools.hpp"

namespace simcuda {
namespace {

constexpr unsigned kFlags = CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING | CU_EVENT_INTERPROCESS;

CUresult create(Context& context, CUevent* handle, unsigned flags) {
  const bool shared_and_timed =
      (flags & CU_EVENT_INTERPROCESS) != 0 && (flags & CU_EVENT_DISABLE_TIMING) == 0;
  if (handle == nullptr || (flags & ~kFlags) != 0 || shared_and_timed) return CUDA_ERROR_INVALID_VALUE;
  *handle = engine::handle_of(engine::create_event(context.handle(), flags));
  return CUDA_SUCCESS;
}

template <class Body>
CUresult with_event(CUevent handle, Body&& body) {
  const engine::EventRef event = engine::find_event(handle);
  if (!event) return CUDA_ERROR_INVALID_HANDLE;
  memory::note_records_elsewhere(event);
  return body(event);
}

CUresult record(Context& context, CUevent handle, CUstream stream, unsigned flags, bool per_thread) {
  if ((flags & ~unsigned{CU_EVENT_RECORD_EXTERNAL}) != 0) return CUDA_ERROR_INVALID_VALUE;
  return with_event(handle, [&](const engine::EventRef& event) {
    return with_stream(context, stream, per_thread, [&](const engine::StreamRef& found) -> CUresult {
      if (engine::context_of(found) != event->context) return CUDA_ERROR_INVALID_HANDLE;
      const CUresult result = graph::record(found, event, flags, "cuEventRecord");
      if (result == CUDA_SUCCESS && !engine::capture_of(found)) memory::note_record(event, found);
      return result;
    });
  });
}

CUresult wait(Context& context, CUstream stream, CUevent handle, unsigned flags, bool per_thread) {
  if ((flags & ~unsigned{CU_EVENT_WAIT_EXTERNAL}) != 0) return CUDA_ERROR_INVALID_VALUE;
  return with_event(handle, [&](const engine::EventRef& event) {
    return with_stream(context, stream, per_thread, [&](const engine::StreamRef& found) {
      return graph::wait(found, event, flags, "cuStreamWaitEvent");
    });
  });
}

// A mark inside a capture can be neither asked nor waited for; any other only if no capture forbids it.
CUresult may_ask(const engine::Event& event) {
  if (event.capture) {
    engine::invalidate(event.capture);
    return CUDA_ERROR_CAPTURED_EVENT;
  }
  return engine::potentially_unsafe_call();
}

CUresult query(Context& context, const engine::EventRef& event) {
  const engine::Event last = engine::snapshot(event);
  const CUresult result = may_ask(last);
  if (result != CUDA_SUCCESS) return result;
  const bool happened =
      std::all_of(last.marks.begin(), last.marks.end(), [](const auto& each) { return engine::done(each); });
  if (context.sticky != CUDA_SUCCESS) return context.sticky;
  return happened ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

CUresult synchronize(Context& context, const engine::EventRef& event) {
  const engine::Event last = engine::snapshot(event);
  const CUresult result = may_ask(last);
  if (result != CUDA_SUCCESS) return result;
  for (const engine::Ticket& mark : last.marks) engine::wait(mark);
  memory::host_synchronised();
  return context.sticky;
}

CUresult elapsed(float* milliseconds, CUevent first, CUevent second) {
  const engine::EventRef start = engine::find_event(first), end = engine::find_event(second);
  if (milliseconds == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (!start || !end) return CUDA_ERROR_INVALID_HANDLE;
  const engine::Event from = engine::snapshot(start), to = engine::snapshot(end);
  if (!from.recorded || !to.recorded || ((from.flags | to.flags) & CU_EVENT_DISABLE_TIMING) != 0)
    return CUDA_ERROR_INVALID_HANDLE;
  if (from.capture || to.capture) return CUDA_ERROR_CAPTURED_EVENT;
  std::uint64_t times[2] = {0, 0};
  for (int i = 0; i < 2; ++i) {
    for (const engine::Ticket& mark : (i == 0 ? from : to).marks) {
      if (!engine::done(mark)) return CUDA_ERROR_NOT_READY;
      times[i] = std::max(times[i], engine::finished_at(mark));
    }
  }
  *milliseconds =
      static_cast<float>(static_cast<double>(static_cast<std::int64_t>(times[1] - times[0])) / 1e6);
  return CUDA_SUCCESS;
}

// Null is the current context.
CUresult of_context(Context& current, CUcontext handle, Context** context) {
  *context = handle == nullptr ? &current : context_of(handle);
  if (*context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  return (*context)->alive ? engine::context_wide_call((*context)->handle())
                           : CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

SIMCUDA_ENTRY(cuEventCreate, false, (CUevent * event, unsigned int flags),
              return create(context, event, flags);)
SIMCUDA_ENTRY(cuEventDestroy, false, (CUevent event),
              return engine::destroy_event(event) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;)
SIMCUDA_ENTRY(cuEventDestroy_v2, false, (CUevent event),
              return engine::destroy_event(event) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;)
SIMCUDA_ENTRY(cuEventQuery, false, (CUevent handle),
              return with_event(handle, [&](const auto& event) { return query(context, event); });)
SIMCUDA_ENTRY(cuEventSynchronize, false, (CUevent handle),
              return with_event(handle, [&](const auto& event) { return synchronize(context, event); });)
SIMCUDA_ENTRY(cuEventElapsedTime, false, (float* milliseconds, CUevent start, CUevent end),
              return elapsed(milliseconds, start, end);)
SIMCUDA_ENTRY(cuEventElapsedTime_v2, false, (float* milliseconds, CUevent start, CUevent end),
              return elapsed(milliseconds, start, end);)

SIMCUDA_TWINS(cuEventRecord, _ptsz, (CUevent event, CUstream stream),
              return record(context, event, stream, 0, per_thread);)
SIMCUDA_TWINS(cuEventRecordWithFlags, _ptsz, (CUevent event, CUstream stream, unsigned int flags),
              return record(context, event, stream, flags, per_thread);)
SIMCUDA_TWINS(cuStreamWaitEvent, _ptsz, (CUstream stream, CUevent event, unsigned int flags),
              return wait(context, stream, event, flags, per_thread);)

SIMCUDA_ENTRY(cuCtxRecordEvent, false, (CUcontext handle, CUevent event),
              return with_event(event, [&](const auto& found) -> CUresult {
                Context* owner = nullptr;
                const CUresult result = of_context(context, handle, &owner);
                if (result != CUDA_SUCCESS) return result;
                if (found->context != owner->handle()) return CUDA_ERROR_INVALID_HANDLE;
                engine::mark(found, engine::ends_of(owner->handle()));
                return CUDA_SUCCESS;
              });)
SIMCUDA_ENTRY(cuCtxWaitEvent, false, (CUcontext handle, CUevent event),
              return with_event(event, [&](const auto& found) -> CUresult {
                Context* owner = nullptr;
                const CUresult result = of_context(context, handle, &owner);
                if (result != CUDA_SUCCESS) return result;
                for (const engine::Ticket& mark : engine::snapshot(found).marks)
                  engine::wait_before_all(owner->handle(), mark);
                return CUDA_SUCCESS;
              });)
