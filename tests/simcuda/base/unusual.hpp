// What makes every entry point look closer at its call. While nothing does, a call costs a few instructions, as a real
// driver's cheap calls do.
#pragma once
#include <atomic>

namespace simcuda {

enum Unusual : unsigned {
  unread = 1,         // the environment has not been read for what is below
  uninitialised = 2,  // before cuInit
  forked = 4,
  ended = 8,
  ordered = 16,   // faults or delays
  captured = 32,  // some stream was, once
  logged = 64,
};

inline constinit std::atomic<unsigned> unusual{unread | uninitialised};

inline bool is_unusual(Unusual what) { return (unusual.load() & what) != 0; }
inline void set_unusual(Unusual what, bool now = true) {
  if (now) {
    unusual.fetch_or(what);
  } else {
    unusual.fetch_and(~static_cast<unsigned>(what));
  }
}

}  // namespace simcuda
