#include "engine/control.hpp"

#include "engine/state.hpp"

namespace simcuda::engine {
namespace {

bool running(const Stream& stream) {
  return !stream.queue.empty() && stream.queue.front()->phase == Piece::Phase::running;
}

// What is running ends; except on the engine's own threads, where it would be waiting for itself.
void wait_until_quiet(State& s, std::unique_lock<std::mutex>& lock, const std::vector<StreamRef>& streams) {
  if (on_engine_thread()) return;
  for (const StreamRef& stream : streams) s.finished.wait(lock, [&] { return !running(*stream); });
}

}  // namespace

void hold(const StreamRef& stream) {
  State& s = state();
  std::unique_lock lock(s.lock);
  stream->held = true;
  wait_until_quiet(s, lock, {stream});
}

void hold_all() {
  State& s = state();
  std::unique_lock lock(s.lock);
  s.hold_all = true;
  for (const StreamRef& stream : s.streams) stream->held = true;
  wait_until_quiet(s, lock, {s.streams.begin(), s.streams.end()});
}

bool step(const StreamRef& stream) {
  State& s = state();
  std::unique_lock lock(s.lock);
  if (stream->queue.empty()) return false;
  const std::uint64_t wanted = stream->executed + 1;
  ++stream->steps;
  ++s.waiters;
  s.wake.notify_all();
  s.finished.wait(lock, [&] { return stream->executed >= wanted || stuck(s, *stream); });
  --s.waiters;
  if (stream->executed >= wanted) return true;
  stream->steps = 0;
  return false;
}

void release(const StreamRef& stream) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  stream->held = false;
  stream->steps = 0;
  s.wake.notify_all();
}

void release_all() {
  State& s = state();
  const std::lock_guard guard(s.lock);
  s.hold_all = false;
  for (const StreamRef& stream : s.streams) {
    stream->held = false;
    stream->steps = 0;
  }
  s.wake.notify_all();
}

void seed(std::uint64_t value) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  s.seeded = value != 0;
  s.random.seed(value);
  s.drawn = nullptr;
  s.wake.notify_all();
}

std::size_t queued(const StreamRef& stream) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  return stream->queue.size();
}

void poke() {
  State& s = state();
  const std::lock_guard guard(s.lock);
  s.wake.notify_all();
}

}  // namespace simcuda::engine
