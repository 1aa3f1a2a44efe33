#include "device/drain.hpp"

#include "device/context.hpp"

namespace simcuda {
namespace {
constinit Drain engine = nullptr;
}

CUresult drain(Context& context) { return engine == nullptr ? CUDA_SUCCESS : engine(context); }

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
