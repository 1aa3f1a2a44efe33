#include <algorithm>
#include <set>
#include <utility>

#include "engine/state.hpp"

namespace simcuda::engine {
namespace {

// What CUDA puts before a new piece of this stream: what of the legacy stream it must not overtake, or the reverse.
void add_implicit_order(State& s, const Stream& stream, std::vector<Ticket>& after) {
  auto add_last = [&](const Stream& other) {
    if (!other.queue.empty()) after.push_back(other.queue.back());
  };
  const Context& context = context_state(s, stream.context);
  if (stream.kind == Stream::Kind::legacy) {
    for (const StreamRef& other : s.streams)
      if (other->context == stream.context && other->blocking()) add_last(*other);
  } else if (stream.blocking() && context.legacy) {
    add_last(*context.legacy);
  }
}

void wait_for_all(State& s, const std::vector<Ticket>& tickets) {
  std::unique_lock lock(s.lock);
  for (const Ticket& ticket : tickets) wait_with(s, lock, ticket);
}

bool refers_to(const Piece& piece, std::uintptr_t base, std::size_t bytes) {
  return std::any_of(piece.work.touches.begin(), piece.work.touches.end(), [&](const Touch& touch) {
    return touch.base < base + bytes && base < touch.base + touch.bytes;
  });
}

std::vector<Ticket> ends_where(State& s, const std::function<bool(const Stream&)>& wanted) {
  std::vector<Ticket> ends;
  for (const StreamRef& stream : s.streams)
    if (!stream->queue.empty() && wanted(*stream)) ends.push_back(stream->queue.back());
  return ends;
}

}  // namespace

Ticket submit(const StreamRef& stream, Work work, std::vector<Ticket> after) {
  State& s = state();
  Hooks hooks;
  {
    const std::lock_guard guard(s.lock);
    hooks = s.hooks;
  }
  if (hooks.identify != nullptr)
    for (Touch& touch : work.touches)
      if (touch.block == 0) touch.block = hooks.identify(touch.base);
  auto piece = std::make_shared<Piece>();
  piece->work = std::move(work);
  piece->open = !piece->work.gate;
  piece->stream = stream.get();

  const std::lock_guard guard(s.lock);
  start_threads(s);
  add_implicit_order(s, *stream, after);
  auto& before_all = context_state(s, stream->context).before_all;
  before_all.erase(std::remove_if(before_all.begin(), before_all.end(), is_done), before_all.end());
  after.insert(after.end(), before_all.begin(), before_all.end());
  after.erase(std::remove_if(after.begin(), after.end(), is_done), after.end());
  piece->after = std::move(after);
  piece->number = s.next_piece++;
  stream->queue.push_back(piece);
  ++s.pending;
  s.wake.notify_all();
  return piece;
}

bool done(const Ticket& ticket) {
  State& s = state();
  std::unique_lock lock(s.lock);
  if (is_done(ticket)) return true;
  if (s.seeded) {  // asking is what makes time pass: one piece
    s.nudges = 1;
    s.wake.notify_all();
    s.finished.wait(lock, [&] { return s.nudges == 0; });
  }
  return is_done(ticket);
}

void wait(const Ticket& ticket) { wait_for_all(state(), {ticket}); }

std::uint64_t finished_at(const Ticket& ticket) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  return ticket ? ticket->finished_ns : 0;
}

std::vector<Ticket> ends_of(const StreamRef& stream) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  const bool legacy = stream->kind == Stream::Kind::legacy;
  return ends_where(s, [&](const Stream& other) {
    return &other == stream.get() || (legacy && other.context == stream->context && other.blocking());
  });
}

std::vector<Ticket> ends_of(CUcontext context) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  return ends_where(s, [&](const Stream& other) { return other.context == context; });
}

void wait_before_all(CUcontext context, const Ticket& ticket) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  if (!is_done(ticket)) context_state(s, context).before_all.push_back(ticket);
}

bool follows(const StreamRef& stream, const Ticket& ticket) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  if (is_done(ticket)) return true;
  std::vector<Ticket> reached = context_state(s, stream->context).before_all;
  add_implicit_order(s, *stream, reached);
  if (!stream->queue.empty()) reached.push_back(stream->queue.back());
  std::set<Ticket> seen;
  while (!reached.empty()) {
    const Ticket piece = reached.back();
    reached.pop_back();
    if (is_done(piece) || !seen.insert(piece).second) continue;
    if (piece->stream == ticket->stream && piece->number >= ticket->number) return true;
    for (const Ticket& earlier : piece->stream->queue) {
      if (earlier->number > piece->number) break;
      reached.insert(reached.end(), earlier->after.begin(), earlier->after.end());
    }
  }
  return false;
}

bool idle(const StreamRef& stream) {
  const std::vector<Ticket> ends = ends_of(stream);
  return std::all_of(ends.begin(), ends.end(), [](const Ticket& end) { return done(end); });
}

void synchronize(const StreamRef& stream) { wait_for_all(state(), ends_of(stream)); }

void drain(CUcontext context) {
  if (state().pending == 0) return;
  wait_for_all(state(), ends_of(context));
}

void drain_all() {
  State& s = state();
  std::vector<Ticket> ends;
  {
    const std::lock_guard guard(s.lock);
    ends = ends_where(s, [](const Stream&) { return true; });
  }
  wait_for_all(s, ends);
}

void drain_copies(std::uintptr_t base, std::size_t bytes) {
  State& s = state();
  std::vector<Ticket> copies;
  {
    const std::lock_guard guard(s.lock);
    for (const StreamRef& stream : s.streams)
      for (const Ticket& piece : stream->queue)
        if (piece->work.is_copy && refers_to(*piece, base, bytes)) copies.push_back(piece);
  }
  wait_for_all(s, copies);
}

std::size_t pending_references(std::uintptr_t base, std::size_t bytes) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  std::size_t count = 0;
  for (const StreamRef& stream : s.streams)
    for (const Ticket& piece : stream->queue) count += refers_to(*piece, base, bytes);
  return count;
}

std::size_t violations() {
  State& s = state();
  const std::lock_guard guard(s.lock);
  return s.violations;
}

Hooks set_hooks(const Hooks& hooks) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  return std::exchange(s.hooks, hooks);
}

}  // namespace simcuda::engine
