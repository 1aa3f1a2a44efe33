#include "engine/events.hpp"

#include <map>
#include <mutex>

namespace simcuda::engine {
namespace {

struct Events {
  std::mutex lock;
  std::map<CUevent, EventRef> living;
};

Events& events() {
  static Events& all = *new Events;  // never destroyed
  return all;
}

}  // namespace

EventRef create_event(CUcontext context, unsigned flags) {
  auto event = std::make_shared<Event>();
  event->context = context;
  event->flags = flags;
  const std::lock_guard guard(events().lock);
  events().living.emplace(handle_of(event), event);
  return event;
}

EventRef find_event(CUevent handle) {
  const std::lock_guard guard(events().lock);
  const auto found = events().living.find(handle);
  return found == events().living.end() ? nullptr : found->second;
}

CUevent handle_of(const EventRef& event) { return reinterpret_cast<CUevent>(event.get()); }

bool destroy_event(CUevent handle) {
  const std::lock_guard guard(events().lock);
  return events().living.erase(handle) == 1;
}

void drop_events(CUcontext context) {
  const std::lock_guard guard(events().lock);
  std::erase_if(events().living, [&](const auto& each) { return each.second->context == context; });
}

void mark(const EventRef& event, std::vector<Ticket> tickets) {
  const std::lock_guard guard(events().lock);
  event->recorded = true;
  event->marks = std::move(tickets);
  event->capture = nullptr;
  event->nodes.clear();
}

void mark_captured(const EventRef& event, const CaptureRef& capture, std::vector<void*> nodes) {
  const std::lock_guard guard(events().lock);
  event->recorded = true;
  event->marks.clear();
  event->capture = capture;
  event->nodes = std::move(nodes);
}

Event snapshot(const EventRef& event) {
  const std::lock_guard guard(events().lock);
  return *event;
}

}  // namespace simcuda::engine
