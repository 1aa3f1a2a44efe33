#include <algorithm>
#include <atomic>

#include "engine/state.hpp"

namespace simcuda::engine {
namespace {

StreamRef make(State& s, CUcontext context, Stream::Kind kind, unsigned flags, int priority) {
  auto stream = std::make_shared<Stream>();
  stream->context = context;
  stream->kind = kind;
  stream->flags = flags;
  stream->priority = priority;
  stream->id = s.next_stream++;
  stream->held = s.hold_all;
  s.streams.push_back(stream);
  return stream;
}

}  // namespace

std::uint64_t calling_thread() {
  static std::atomic<std::uint64_t> next{1};
  thread_local const std::uint64_t mine = next++;
  return mine;
}

StreamRef create_stream(CUcontext context, unsigned flags, int priority) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  return make(s, context, Stream::Kind::created, flags, priority);
}

StreamRef legacy_stream(CUcontext context) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  StreamRef& stream = context_state(s, context).legacy;
  if (!stream) stream = make(s, context, Stream::Kind::legacy, CU_STREAM_DEFAULT, 0);
  return stream;
}

StreamRef thread_stream(CUcontext context) {
  State& s = state();
  const std::uint64_t thread = calling_thread();
  const std::lock_guard guard(s.lock);
  StreamRef& stream = context_state(s, context).by_thread[thread];
  if (!stream) stream = make(s, context, Stream::Kind::thread, CU_STREAM_DEFAULT, 0);
  return stream;
}

StreamRef find_stream(CUstream handle, CUcontext current, bool per_thread) {
  if (handle == nullptr) return per_thread ? thread_stream(current) : legacy_stream(current);
  if (handle == CU_STREAM_LEGACY) return legacy_stream(current);
  if (handle == CU_STREAM_PER_THREAD) return thread_stream(current);
  State& s = state();
  const std::lock_guard guard(s.lock);
  for (const StreamRef& stream : s.streams)
    if (stream->alive && reinterpret_cast<CUstream>(stream.get()) == handle) return stream;
  return nullptr;
}

CUstream handle_of(const StreamRef& stream) {
  if (stream->kind == Stream::Kind::legacy) return CU_STREAM_LEGACY;
  if (stream->kind == Stream::Kind::thread) return CU_STREAM_PER_THREAD;
  return reinterpret_cast<CUstream>(stream.get());
}

bool destroy_stream(CUstream handle) {
  State& s = state();
  const std::lock_guard guard(s.lock);
  for (auto at = s.streams.begin(); at != s.streams.end(); ++at) {
    Stream& stream = **at;
    if (reinterpret_cast<CUstream>(&stream) != handle || !stream.alive ||
        stream.kind != Stream::Kind::created)
      continue;
    stream.alive = false;
    if (stream.queue.empty()) s.streams.erase(at);
    return true;
  }
  return false;
}

CUcontext context_of(const StreamRef& stream) { return stream->context; }
unsigned flags_of(const StreamRef& stream) { return stream->flags; }
int priority_of(const StreamRef& stream) { return stream->priority; }
std::uint64_t id_of(const StreamRef& stream) { return stream->id; }

void close_context(CUcontext context) {
  State& s = state();
  {
    const std::lock_guard guard(s.lock);
    for (const StreamRef& stream : s.streams)
      if (stream->context == context) stream->held = false;
    s.wake.notify_all();
  }
  drain(context);
  const std::lock_guard guard(s.lock);
  s.streams.remove_if([&](const StreamRef& stream) {
    if (stream->context == context) stream->alive = false;
    return stream->context == context && stream->queue.empty();
  });
  s.contexts.erase(context);
}

}  // namespace simcuda::engine
