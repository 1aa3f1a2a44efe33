// The moving half of simcuda: streams are first-in first-out queues of work that an engine thread runs.
//
// Contract
// - Work runs after everything that was submitted to its stream before it, and after what CUDA's rules put before it:
//   the legacy default stream waits for all blocking streams of its context and they wait for it.
// - Work depends only on work submitted earlier, so nothing waits in a circle. What a test holds never runs by itself.
// - submit() and the questions return at once; wait(), synchronize() and drain() block their caller and nobody else.
// - No lock is held while work runs, while a hook runs, or while a work's functions are destroyed.
// - Nothing here is ever destroyed: the threads still wait in it when the process ends.
// - This part knows the standard library and cuda.h. What it needs from others comes in through Hooks.
#pragma once

#include <cuda.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace simcuda::engine {

// Memory that a piece of work will read or write. `block` is the identity of the allocation that held `base` when the
// work was submitted, as Hooks::identify names it; 0: none.
struct Touch {
  std::uintptr_t base = 0;
  std::size_t bytes = 0;
  bool write = false;
  std::uint64_t block = 0;
};

// Host functions have a thread of their own: one that blocks stops its own stream and other host functions only.
enum class Place : std::uint8_t { device, host };

struct Work {
  std::string what;               // for messages: "cuMemcpyHtoDAsync", "kernel scale"
  std::vector<Touch> touches;     // what the oracle knows of it
  std::function<CUresult()> run;  // may be empty; anything but success is a sticky error of the context
  Place place = Place::device;
  bool is_copy = false;          // reaches memory without regard to which context has access
  std::function<bool()> gate;    // work with a gate starts when it answers true; it is asked again and again
  std::uint64_t cost_ns = 1000;  // what the virtual clock advances by
};

struct Stream;
struct Piece;
using StreamRef = std::shared_ptr<Stream>;
using Ticket = std::shared_ptr<Piece>;  // one submitted piece of work; empty: nothing to wait for

// --- streams ---------------------------------------------------------------------------------------------------------

StreamRef create_stream(CUcontext context, unsigned flags, int priority);
StreamRef legacy_stream(CUcontext context);
StreamRef thread_stream(CUcontext context);  // of the calling thread

// What a handle given to an entry point means: 0 is the legacy stream, or with `per_thread` the calling thread's own;
// CU_STREAM_LEGACY and CU_STREAM_PER_THREAD say it themselves. Empty: no such stream.
StreamRef find_stream(CUstream handle, CUcontext current, bool per_thread = false);
CUstream handle_of(const StreamRef& stream);

// The handle is dead at once; work that is pending still runs. False: no such handle, or a default stream.
bool destroy_stream(CUstream handle);

CUcontext context_of(const StreamRef& stream);
unsigned flags_of(const StreamRef& stream);
int priority_of(const StreamRef& stream);
std::uint64_t id_of(const StreamRef& stream);  // never used twice

// --- work ------------------------------------------------------------------------------------------------------------

Ticket submit(const StreamRef& stream, Work work, std::vector<Ticket> after = {});

bool done(const Ticket& ticket);
void wait(const Ticket& ticket);
std::uint64_t finished_at(const Ticket& ticket);  // nanoseconds of the virtual clock; 0: not done

// The end of all that was submitted so far, without blocking: to a stream (with what its synchronisation covers), to
// all streams of a context.
std::vector<Ticket> ends_of(const StreamRef& stream);
std::vector<Ticket> ends_of(CUcontext context);
void wait_before_all(CUcontext context,
                     const Ticket& ticket);  // all work submitted from now on waits for `ticket`

// Whether work submitted to the stream from now on comes after this piece in any case: an event, the legacy stream.
bool follows(const StreamRef& stream, const Ticket& ticket);

bool idle(const StreamRef& stream);
void synchronize(const StreamRef& stream);
void drain(
    CUcontext context);  // waits for all work of the context submitted so far; held work: forever, on purpose
void drain_all();

// Waits for the copies submitted so far, in whatever context, that refer to any byte of the range.
void drain_copies(std::uintptr_t base, std::size_t bytes);

// The context goes away: what a test held is let go, all work runs, its streams die.
void close_context(CUcontext context);

// --- questions -------------------------------------------------------------------------------------------------------

// How many pieces that are not done refer to any byte of the range.
std::size_t pending_references(std::uintptr_t base, std::size_t bytes);
// True on the engine's threads: host functions and kernel models may not call CUDA.
bool on_engine_thread();
// A queued piece found the block it refers to gone or replaced when it was its turn.
std::size_t violations();

struct Hooks {
  std::uint64_t (*identify)(std::uintptr_t address) = nullptr;  // identity of the allocation there; 0: none
  bool (*alive)(std::uint64_t block,
                std::uintptr_t address) = nullptr;  // is it still there; null: identify says
  void (*failed)(CUcontext, CUresult,
                 const std::string& what) = nullptr;  // work failed: the context is broken
  bool (*broken)(CUcontext) = nullptr;                // work of a broken context is skipped
  void (*complain)(const std::string& message) = nullptr;
};
Hooks set_hooks(const Hooks& hooks);  // the ones before

}  // namespace simcuda::engine
