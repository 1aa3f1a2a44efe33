// Events: marks in streams. A record inside a capture is a mark in the capture's graph, not in time.
#pragma once

#include "engine/captures.hpp"

namespace simcuda::engine {

struct Event {
  CUcontext context = nullptr;
  unsigned flags = 0;
  // Under the lock of events: what the last record was.
  bool recorded = false;
  std::vector<Ticket> marks;  // done: the event has happened
  CaptureRef capture;         // not empty: recorded in this capture ...
  std::vector<void*> nodes;   // ... after these nodes of its graph
};
using EventRef = std::shared_ptr<Event>;

EventRef create_event(CUcontext context, unsigned flags);
EventRef find_event(CUevent handle);  // empty: no such event
CUevent handle_of(const EventRef& event);
bool destroy_event(CUevent handle);
void drop_events(CUcontext context);

// The event now marks these pieces of work.
void mark(const EventRef& event, std::vector<Ticket> tickets);
void mark_captured(const EventRef& event, const CaptureRef& capture, std::vector<void*> nodes);
Event snapshot(const EventRef& event);  // a copy, taken under the lock

}  // namespace simcuda::engine
