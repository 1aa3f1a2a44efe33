// engine/control.h: what tests order of streams, by handle.
#include "base/environment.hpp"
#include "device/context.hpp"
#include "engine/control.h"
#include "engine/control.hpp"

namespace {

template <class Body>
int with_stream(CUstream handle, Body&& body) {
  simcuda::Context* context = simcuda::current_context();
  const simcuda::engine::StreamRef stream =
      simcuda::engine::find_stream(handle, context == nullptr ? nullptr : context->handle());
  if (!stream) return 0;
  return body(stream);
}

}  // namespace

extern "C" {

int simcuda_hold(CUstream stream) {
  return with_stream(stream, [](const auto& found) { return simcuda::engine::hold(found), 1; });
}
void simcuda_hold_all() { simcuda::engine::hold_all(); }
int simcuda_step(CUstream stream) {
  return with_stream(stream, [](const auto& found) { return simcuda::engine::step(found) ? 1 : 0; });
}
int simcuda_release(CUstream stream) {
  return with_stream(stream, [](const auto& found) { return simcuda::engine::release(found), 1; });
}
void simcuda_release_all() { simcuda::engine::release_all(); }
size_t simcuda_queued(CUstream stream) {
  size_t count = 0;
  with_stream(stream, [&](const auto& found) { return count = simcuda::engine::queued(found), 1; });
  return count;
}
void simcuda_seed(unsigned long long seed) { simcuda::engine::seed(seed); }
size_t simcuda_pending_refs(CUdeviceptr address, size_t bytes) {
  return simcuda::engine::pending_references(address, bytes);
}
}

namespace {
[[maybe_unused]] const bool seeded = [] {
  const long seed = simcuda::environment_number("SIMCUDA_SEED", 0);
  if (seed != 0) simcuda::engine::seed(static_cast<unsigned long long>(seed));
  return true;
}();
}
