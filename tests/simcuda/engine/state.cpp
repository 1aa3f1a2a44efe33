#include "engine/state.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

namespace simcuda::engine {
namespace {

constinit std::atomic<State*> the_state{nullptr};
// Asked by every entry point: at a fixed distance from the thread's pointer.
constinit thread_local bool is_engine_thread __attribute__((tls_model("initial-exec"))) = false;

bool free_to_start(const Stream& stream) {
  if (stream.queue.empty()) return false;
  const Piece& head = *stream.queue.front();
  return head.phase == Piece::Phase::queued && (!stream.held || stream.steps > 0) &&
         std::all_of(head.after.begin(), head.after.end(), is_done);
}

bool something_runs(const State& s) {
  return std::any_of(s.streams.begin(), s.streams.end(), [](const StreamRef& stream) {
    return !stream->queue.empty() && stream->queue.front()->phase == Piece::Phase::running;
  });
}

bool may_draw(const State& s, bool waited_long) {
  if (!s.seeded) return true;
  if (something_runs(s)) return false;
  return s.waiters > 0 || s.nudges > 0 || waited_long;
}

// The stream whose first piece comes next: by priority, then in order of submission; with a seed any.
Stream* pick(State& s, Place place, bool waited_long) {
  if (!may_draw(s, waited_long)) return nullptr;
  std::vector<Stream*> choice;
  for (const StreamRef& stream : s.streams)
    if (runnable(s, *stream)) choice.push_back(stream.get());
  if (choice.empty()) return nullptr;
  auto order = [](const Stream* stream) {
    return std::pair(stream->priority, stream->queue.front()->number);
  };
  std::sort(choice.begin(), choice.end(), [&](Stream* a, Stream* b) { return order(a) < order(b); });
  if (s.seeded) {
    // The draw is kept until the thread whose place it is has taken it: both threads see the same one.
    if (s.drawn == nullptr || !runnable(s, *s.drawn)) s.drawn = choice[s.random() % choice.size()];
    if (s.drawn->queue.front()->work.place != place) {
      s.wake.notify_all();
      return nullptr;
    }
    return std::exchange(s.drawn, nullptr);
  }
  for (Stream* stream : choice)
    if (stream->queue.front()->work.place == place) return stream;
  return nullptr;
}

// Asks the gates of what could start otherwise, without the lock. True: one has opened.
bool ask_gates(State& s, std::unique_lock<std::mutex>& lock, Place place, bool& any) {
  std::vector<Ticket> closed;
  for (const StreamRef& stream : s.streams)
    if (free_to_start(*stream) && !stream->queue.front()->open && stream->queue.front()->work.place == place)
      closed.push_back(stream->queue.front());
  any = !closed.empty();
  if (!any) return false;
  lock.unlock();
  std::vector<bool> answers;
  for (const Ticket& piece : closed) answers.push_back(piece->work.gate());
  lock.lock();
  bool opened = false;
  for (std::size_t i = 0; i < closed.size(); ++i)
    if (answers[i]) opened = closed[i]->open = true;
  return opened;
}

bool still_there(const Hooks& hooks, const Touch& touch) {
  if (hooks.alive != nullptr) return hooks.alive(touch.block, touch.base);
  return hooks.identify(touch.base) == touch.block;
}

// Without the lock. The block that a piece refers to must be the one it referred to when it was submitted.
CUresult run_checked(const Hooks& hooks, const Piece& piece, CUcontext context, std::size_t& violations) {
  if (hooks.broken != nullptr && hooks.broken(context)) return CUDA_SUCCESS;
  if (hooks.identify != nullptr) {
    for (const Touch& touch : piece.work.touches) {
      if (touch.block == 0 || still_there(hooks, touch)) continue;
      ++violations;
      if (hooks.complain != nullptr) {
        char address[32];
        std::snprintf(address, sizeof address, "0x%zx", static_cast<std::size_t>(touch.base));
        hooks.complain("use after free: queued work \"" + piece.work.what + "\" refers to " + address +
                       ", freed before its turn");
      }
      return CUDA_ERROR_ILLEGAL_ADDRESS;
    }
  }
  return piece.work.run ? piece.work.run() : CUDA_SUCCESS;
}

void run_first(State& s, std::unique_lock<std::mutex>& lock, Stream& stream) {
  const Ticket piece = stream.queue.front();
  piece->phase = Piece::Phase::running;
  if (stream.held && stream.steps > 0) --stream.steps;
  const Hooks hooks = s.hooks;
  const CUcontext context = stream.context;
  std::size_t violations = 0;
  lock.unlock();
  const CUresult result = run_checked(hooks, *piece, context, violations);
  if (result != CUDA_SUCCESS && hooks.failed != nullptr) hooks.failed(context, result, piece->work.what);
  auto run = std::move(piece->work.run);
  auto gate = std::move(piece->work.gate);
  run = nullptr;
  gate = nullptr;
  lock.lock();
  s.violations += violations;
  piece->phase = Piece::Phase::done;
  piece->stream = nullptr;
  s.clock_ns += piece->work.cost_ns;
  piece->finished_ns = s.clock_ns;
  const std::vector<Ticket> after = std::move(piece->after);
  piece->after.clear();
  stream.queue.pop_front();
  --s.pending;
  ++stream.executed;
  if (s.nudges > 0) --s.nudges;
  if (!stream.alive && stream.queue.empty())
    s.streams.remove_if([&](const StreamRef& each) { return each.get() == &stream; });
  s.finished.notify_all();
  s.wake.notify_all();
}

void serve(State& s, Place place) {
  is_engine_thread = true;
  std::unique_lock lock(s.lock);
  bool waited_long = false;
  for (;;) {
    if (Stream* stream = pick(s, place, waited_long)) {
      waited_long = false;
      run_first(s, lock, *stream);
      continue;
    }
    if (s.nudges > 0 && !s.drawn && !something_runs(s)) {
      s.nudges = 0;  // nothing to draw
      s.finished.notify_all();
    }
    bool gates = false;
    if (ask_gates(s, lock, place, gates)) continue;
    if (gates) {
      s.wake.wait_for(lock, std::chrono::milliseconds(1));
    } else if (s.seeded) {
      // A program may watch memory instead of asking: work then goes on all the same, if late.
      waited_long = s.wake.wait_for(lock, std::chrono::milliseconds(50)) == std::cv_status::timeout;
    } else {
      s.wake.wait(lock);
    }
  }
}

}  // namespace

State& state() {
  if (State* made = the_state.load(std::memory_order_acquire)) return *made;
  static std::once_flag once;
  std::call_once(once, [] {
    the_state = new State;
    // The child of a fork has neither the threads nor a lock it could trust.
    // What was set up before any work, in a parent that may not have used the driver at all, stays.
    pthread_atfork(nullptr, nullptr, [] {
      auto* fresh = new State;
      const State& old = *the_state;
      fresh->hooks = old.hooks;
      fresh->seeded = old.seeded;
      fresh->random = old.random;
      the_state = fresh;
    });
  });
  return *the_state;
}

void start_threads(State& s) {
  if (s.started) return;
  s.started = true;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are the program's
  std::thread([&s] { serve(s, Place::device); }).detach();
  std::thread([&s] { serve(s, Place::host); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

bool is_done(const Ticket& ticket) { return !ticket || ticket->phase == Piece::Phase::done; }

bool runnable(const State&, const Stream& stream) {
  return free_to_start(stream) && stream.queue.front()->open;
}

bool stuck(const State& s, const Stream& stream) {
  if (stream.queue.empty()) return false;
  const Piece& head = *stream.queue.front();
  if (head.phase == Piece::Phase::running) return false;
  if (stream.held && stream.steps == 0) return true;
  if (!head.open) return true;
  return std::any_of(head.after.begin(), head.after.end(),
                     [&](const Ticket& each) { return !is_done(each) && stuck(s, *each->stream); });
}

void wait_with(State& s, std::unique_lock<std::mutex>& lock, const Ticket& ticket) {
  if (is_done(ticket)) return;
  ++s.waiters;
  s.wake.notify_all();
  s.finished.wait(lock, [&] { return is_done(ticket); });
  --s.waiters;
}

Context& context_state(State& s, CUcontext context) { return s.contexts[context]; }

bool on_engine_thread() { return is_engine_thread; }

}  // namespace simcuda::engine
