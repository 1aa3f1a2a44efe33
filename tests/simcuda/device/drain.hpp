// Waiting for the work of a context. The engine says how; without it there is nothing to wait for.
#pragma once
#include <cuda.h>

namespace simcuda {

class Context;

// Returns when all work submitted to the context before is done; the error it left, if any. Not under the lock.
CUresult drain(Context& context);
// The same for the context and those that were given access to its memory: what freeing a block of it waits for.
CUresult drain_users(Context& context);
// The same for every living context: what frees pinned memory waits for all.
CUresult drain_all();

// Set once by the engine, by static initialisation.
using Drain = CUresult (*)(Context&);
bool set_drain(Drain drain);

}  // namespace simcuda
