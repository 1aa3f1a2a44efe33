// Contexts that the program makes, and who gets access to whose memory.
#include "core/cuda/bodies.hpp"
#include "core/cuda/contexts_seen.hpp"

namespace weir::cuda {
namespace {

CUresult made(const Call& call, CUresult result, const CUcontext* out, CUdevice device) noexcept {
  if (result != CUDA_SUCCESS) return result;
  call.served();
  if (out != nullptr) begin_life(*out, device);
  return result;
}

}  // namespace

CUresult create_context(Call& call, CUresult (*real)(CUcontext*, unsigned, CUdevice), CUcontext* out,
                        unsigned flags, CUdevice device) noexcept {
  return made(call, real(out, flags, device), out, device);
}

CUresult create_context_v3(Call& call, decltype(&::cuCtxCreate_v3) real, CUcontext* out,
                           CUexecAffinityParam* affinities, int count, unsigned flags,
                           CUdevice device) noexcept {
  return made(call, real(out, affinities, count, flags, device), out, device);
}

CUresult create_context_v4(Call& call, decltype(&::cuCtxCreate_v4) real, CUcontext* out,
                           CUctxCreateParams* parameters, unsigned flags, CUdevice device) noexcept {
  return made(call, real(out, parameters, flags, device), out, device);
}

CUresult create_green_context(Call&, decltype(&::cuGreenCtxCreate) real, CUgreenCtx* out,
                              CUdevResourceDesc resources, CUdevice device, unsigned flags) noexcept {
  const CUresult result = real(out, resources, device, flags);
  // It shares the memory of its device's primary context, which the program may never name.
  if (result == CUDA_SUCCESS) some_context_is_unknown();
  return result;
}

CUresult enable_peer_access(Call&, CUresult (*real)(CUcontext, unsigned), CUcontext peer,
                            unsigned flags) noexcept {
  const CUresult result = real(peer, flags);
  if (result == CUDA_SUCCESS || result == CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED) reach_memory_of(peer);
  return result;
}

}  // namespace weir::cuda
