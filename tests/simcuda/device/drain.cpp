#include "device/drain.hpp"

#include "base/lock.hpp"
#include "device/context.hpp"

namespace simcuda {
namespace {
constinit Drain engine = nullptr;
}

CUresult drain(Context& context) { return engine == nullptr ? CUDA_SUCCESS : engine(context); }

CUresult drain_users(Context& context) {
  CUresult first = drain(context);
  for (Context* other : living_contexts()) {
    if (!locked([&] { return other->peers.contains(&context); })) continue;
    const CUresult result = drain(*other);
    if (first == CUDA_SUCCESS) first = result;
  }
  return first;
}

CUresult drain_all() {
  CUresult first = CUDA_SUCCESS;
  for (Context* context : living_contexts()) {
    const CUresult result = drain(*context);
    if (first == CUDA_SUCCESS) first = result;
  }
  return first;
}

bool set_drain(Drain drain) {
  engine = drain;
  return true;
}

}  // namespace simcuda
