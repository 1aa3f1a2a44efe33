// One lock for the state of the simulated driver: devices, contexts, the heap. Coarse on purpose: tests want
// the same answer every time, not speed. Work of streams, callbacks and waits happen outside it.
#pragma once
#include <mutex>

namespace simcuda {

// Never destroyed: threads may still be inside when the process exits.
std::mutex& driver_mutex();

// Runs body under the lock. Not recursive: what is called inside says "under the lock" at its declaration.
template <class Body>
auto locked(Body&& body) {
  std::lock_guard lock(driver_mutex());
  return body();
}

}  // namespace simcuda
