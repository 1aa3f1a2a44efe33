#include "base/entry.hpp"

#include <mutex>
#include <set>
#include <string>

#include "base/entry_points.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "base/unusual.hpp"
#include "engine/engine.hpp"
#include "fault/fault.hpp"
#include "graph/call_rules.hpp"

namespace simcuda {
namespace {

CUresult of_context() {
  const Context* context = current_context();
  if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  if (!context->alive) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  return context->sticky;
}

CUresult needed(Needs needs) {
  if (process_ended()) return CUDA_ERROR_DEINITIALIZED;
  if (needs == Needs::nothing) return CUDA_SUCCESS;
  if (!process_initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (needs == Needs::init) return CUDA_SUCCESS;
  return of_context();
}

CUresult begin_closely(const char* name, Needs needs) {
  if (is_unusual(unread)) {
    set_unusual(logged, log_wanted());
    set_unusual(unread, false);
  }
  const CUresult missing = needed(needs);
  if (process_forked()) return missing;  // the lock of the counters may be held by nobody who is here
  const CUresult injected = count_call(name);
  if (missing != CUDA_SUCCESS) return missing;
  if (injected != CUDA_SUCCESS) return injected;
  return graph::may_call(name);
}

}  // namespace

CUresult begin_call(const char* name, Needs needs) {
  const bool usual = unusual.load() == 0 && !engine::on_engine_thread() && count_quickly(name);
  if (!usual) return begin_closely(name, needs);
  return needs == Needs::context ? of_context() : CUDA_SUCCESS;
}

void end_call(const char* name, CUresult result) {
  if (is_unusual(logged)) log_call(name, result);
}

int not_simulated(const char* name) {
  return call(name, Needs::nothing, [&] {
    static auto& said = *new std::set<std::string>;
    static auto& mutex = *new std::mutex;
    std::lock_guard lock(mutex);
    if (said.insert(name).second) complain("%s is not simulated", name);
    return CUDA_ERROR_NOT_SUPPORTED;
  });
}

}  // namespace simcuda
