#include "base/process.hpp"

#include <pthread.h>

#include <cstdlib>
#include <mutex>

#include "base/unusual.hpp"

namespace simcuda {
namespace {

void end() { set_unusual(ended); }
void fork() {
  if (!is_unusual(uninitialised)) set_unusual(forked);
}

}  // namespace

void initialise_process() {
  static std::once_flag& once = *new std::once_flag;
  std::call_once(once, [] {
    std::atexit(end);
    pthread_atfork(nullptr, nullptr, fork);
    set_unusual(uninitialised, false);
  });
}

bool process_initialised() { return !is_unusual(uninitialised) && !is_unusual(forked); }
bool process_forked() { return is_unusual(forked); }
bool process_ended() { return is_unusual(ended); }

}  // namespace simcuda
