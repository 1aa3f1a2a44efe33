// What engine/*.cpp share and nobody else sees. One lock guards all of it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <random>
#include <unordered_map>

#include "engine/captures.hpp"
#include "engine/engine.hpp"

namespace simcuda::engine {

struct Piece {
  enum class Phase : std::uint8_t { queued, running, done };
  Work work;
  std::vector<Ticket> after;
  Stream* stream = nullptr;  // valid until done
  std::uint64_t number = 0;
  std::uint64_t finished_ns = 0;
  Phase phase = Phase::queued;
  bool open = true;  // false: its gate has not answered true yet
};

struct Stream {
  enum class Kind : std::uint8_t { created, legacy, thread };
  CUcontext context = nullptr;
  unsigned flags = 0;
  int priority = 0;
  Kind kind = Kind::created;
  std::uint64_t id = 0;
  std::uint64_t executed = 0;
  bool held = false;
  unsigned steps = 0;  // pieces that may run although held
  bool alive = true;   // the handle is valid
  std::deque<Ticket> queue;
  CaptureRef capture;

  bool blocking() const { return kind != Kind::legacy && (flags & CU_STREAM_NON_BLOCKING) == 0; }
};

struct Context {
  StreamRef legacy;
  std::map<std::uint64_t, StreamRef> by_thread;
  std::vector<Ticket> before_all;
};

struct State {
  std::mutex lock;
  std::condition_variable wake;      // the engine's threads: something may have become runnable
  std::condition_variable finished;  // waiters: something is done
  std::list<StreamRef> streams;      // alive, or dead with work pending
  std::unordered_map<CUcontext, Context> contexts;
  std::vector<CaptureRef> captures;
  std::atomic<std::size_t> pending{0};  // pieces in all queues; read without the lock
  Hooks hooks;
  std::uint64_t next_piece = 1, next_stream = 1, next_capture = 1;
  std::uint64_t clock_ns = 0;
  std::size_t violations = 0;
  bool started = false;
  bool hold_all = false;
  bool seeded = false;
  unsigned waiters = 0;  // with a seed, work runs only while somebody waits
  unsigned nudges = 0;   // or, one piece each, when somebody asked whether work is done
  std::mt19937_64 random;
  Stream* drawn = nullptr;  // by the seed, not yet started
};

// Made at the first use and never destroyed: the engine's threads wait in it when the process ends.
State& state();
void start_threads(State& s);  // with the lock

bool runnable(const State& s, const Stream& stream);  // with the lock: its first piece may start now
bool stuck(const State& s,
           const Stream& stream);    // with the lock: only the test, or a gate, can make it go on
bool is_done(const Ticket& ticket);  // with the lock
void wait_with(State& s, std::unique_lock<std::mutex>& lock, const Ticket& ticket);
Context& context_state(State& s, CUcontext context);

}  // namespace simcuda::engine
