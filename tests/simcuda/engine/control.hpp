// What a test may do to the engine; control.h is the same for C and by dlsym.
#pragma once

#include "engine/engine.hpp"

namespace simcuda::engine {

// Nothing new starts in the stream. Returns when what was running in it is done.
void hold(const StreamRef& stream);
void hold_all();  // every stream, also those made later
bool step(const StreamRef&
              stream);  // runs one piece of a held stream; false: none there, or it waits for held work
void release(const StreamRef& stream);
void release_all();
// Work starts only when somebody waits or asks, as late as is legal, and which piece comes next is drawn by the seed
// among all that CUDA's rules allow; a wait that nothing but the rest could end draws on. 0: in order of submission, at once.
void seed(std::uint64_t value);
std::size_t queued(const StreamRef& stream);
void poke();  // a gate may have opened

}  // namespace simcuda::engine
