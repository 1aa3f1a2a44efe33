// Events between processes. Each exported event has a page that both processes map; it counts records and those that
// have been reached:
//
//   page   | records | completed |        the event has happened when completed >= records
//
// A record in either process counts itself and queues work that completes it. Before a process asks or waits, what
// the other one has recorded since becomes a mark of the local event: work that starts when the page says so.
#pragma once

#include <cuda.h>

#include "engine/events.hpp"

namespace simcuda::memory {

/// For events made with CU_EVENT_INTERPROCESS; CUDA_ERROR_INVALID_HANDLE for others.
CUresult export_event(CUipcEventHandle* handle, const engine::EventRef& event);
CUresult import_event(CUevent* event, const CUipcEventHandle& handle, CUcontext context);

/// The event has just been recorded in the stream of this process. Nothing for events that are not shared.
void note_record(const engine::EventRef& event, const engine::StreamRef& stream);
/// Before the event is asked or waited for.
void note_records_elsewhere(const engine::EventRef& event);

}  // namespace simcuda::memory
