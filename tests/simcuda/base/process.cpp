#include "base/process.hpp"

#include <pthread.h>

#include <atomic>
#include <cstdlib>
#include <mutex>

namespace simcuda {
namespace {

constinit std::atomic<bool> initialised{false};
constinit std::atomic<bool> was_forked{false};  // after cuInit
constinit std::atomic<bool> ended{false};

void end() { ended.store(true); }
void forked() {
  if (initialised.load()) was_forked.store(true);
}

}  // namespace

void initialise_process() {
  static std::once_flag& once = *new std::once_flag;
  std::call_once(once, [] {
    std::atexit(end);
    pthread_atfork(nullptr, nullptr, forked);
    initialised.store(true);
  });
}

bool process_initialised() { return initialised.load() && !was_forked.load(); }
bool process_forked() { return was_forked.load(); }
bool process_ended() { return ended.load(); }

}  // namespace simcuda
