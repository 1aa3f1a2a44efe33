// Managed memory in device memory's place: WEIR_DEVICE_AS.
//
//   managed          cuMemAlloc and cuMemAllocPitch are served by cuMemAllocManaged, where that may be
//   managed-on-oom   only when nothing else has helped
//
// Such a block is recorded as the managed memory that it is, and pointer queries say so. It is the driver's alone: no pool
// keeps it, and cuMemFree frees it. Where it may not be, or the driver has no managed memory to give, the request is served as
// if nothing had been asked of weir. (What may be, and why not: managed_policy.hpp.)
#pragma once

#include "core/cuda/call.hpp"
#include "core/cuda/limit.hpp"
#include "core/engine/engine.hpp"

namespace weir::cuda {

[[nodiscard]] bool try_managed(Call& call, CUdeviceptr* out, std::size_t bytes) noexcept;
[[nodiscard]] bool try_managed_pitch(Call& call, CUdeviceptr* out, std::size_t* pitch, std::size_t width,
                                     std::size_t height, unsigned element) noexcept;

[[nodiscard]] inline bool wants_managed() noexcept {
  return engine::options().device_as.where == config::DeviceAs::Managed;
}

/// True: the request is served, and recorded. False: nothing has happened.
[[nodiscard]] inline bool serve_by_managed(Call& call, CUdeviceptr* out, std::size_t bytes) noexcept {
  return wants_managed() && try_managed(call, out, bytes);
}
[[nodiscard]] inline bool serve_pitch_by_managed(Call& call, CUdeviceptr* out, std::size_t* pitch,
                                                 std::size_t width, std::size_t height,
                                                 unsigned element) noexcept {
  return wants_managed() && try_managed_pitch(call, out, pitch, width, height, element);
}

/// When device memory has run out. Success: `*out` is managed memory, and has to be recorded as that. Else
/// CUDA_ERROR_OUT_OF_MEMORY: nothing has happened.
[[nodiscard]] CUresult rescue_by_managed(Call& call, CUdeviceptr* out, std::size_t bytes) noexcept;

/// The answer to a request that WEIR_DEVICE_LIMIT refuses: as a full device's, with the rescue where it is wanted.
[[nodiscard]] CUresult refused_for_room(Call& call, const Room& room, CUdeviceptr* out,
                                        std::size_t bytes) noexcept;

}  // namespace weir::cuda
