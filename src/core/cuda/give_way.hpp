// What the pools keep must not be what another call of the driver lacks: one that finds no memory is made once more after
// they have given back what they can without waiting.
//
//   Forwarder   ─→ driver ─┬ anything else ─────────────────────────→ as it is
//                          └ out of memory ─→ give_way() ─┬ gave ───→ driver, whose answer counts
//                                                         └ nothing → as it is
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/tally.hpp"
#include "core/cuda/driver_api.hpp"
#include "core/cuda/function.hpp"
#include "core/profile/profile.hpp"

namespace weir::cuda {

/// What a call that found no memory was about.
struct Lack {
  static constexpr int kCurrent = -1;
  CudaRoute route;  ///< for a call that has not begun
  bool is_host;     ///< page-locked memory, else a device's
  bool is_in_call;  ///< a Call has begun (call.hpp)
  int device;       ///< kCurrent: that of the current context
};
/// Null: nothing was given back. Else where it counts that this has helped. Never from within another wrapped call, and not
/// while a stream is captured.
[[nodiscard, gnu::cold]] profile::PoolRecord* give_way(const Lack& lack) noexcept;

/// After a call's first `result`: made `again` where memory was what it lacked, and the pools had some to give.
template <class Again>
CUresult with_second_try(const Lack& lack, CUresult result, Again again) noexcept {
  if (result != CUDA_ERROR_OUT_OF_MEMORY) [[likely]]
    return result;
  profile::PoolRecord* const giver = give_way(lack);
  if (giver == nullptr) return result;
  result = again();
  if (result == CUDA_SUCCESS) add_shared(giver->rescued_others, 1);
  return result;
}

/// Has its own way when there is no memory (pool/rescue.hpp), or takes none.
constexpr bool goes_without(std::string_view symbol) noexcept {
  for (const std::string_view name : {"cuMemAlloc_v2", "cuMemAllocHost_v2", "cuMemHostAlloc"})
    if (symbol == name) return true;
  for (const std::string_view part : {"Free", "Destroy", "Detach", "Release", "Unload", "Reset",
                                      "Synchronize", "Unmap", "Unregister", "GetProcAddress"})
    if (symbol.find(part) != symbol.npos) return true;
  return false;
}
constexpr bool is_of_host(std::string_view symbol) noexcept {
  return symbol.starts_with("cuMemAllocHost") || symbol.starts_with("cuMemHostRegister");
}
/// The device is the function's only argument, or the last, of its type: no context of it need be current.
constexpr bool names_device(std::string_view symbol) noexcept {
  return symbol.starts_with("cuCtxCreate") || symbol.starts_with("cuGreenCtxCreate") ||
         symbol.starts_with("cuDevicePrimaryCtxRetain");
}

template <class Argument>
void look_for_device(int&, const Argument&) noexcept {}
inline void look_for_device(int& device, const CUdevice& argument) noexcept { device = argument; }
inline void look_for_device(int& device, const CUmemAllocationProp* const& argument) noexcept {
  if (argument->location.type == CU_MEM_LOCATION_TYPE_DEVICE) device = argument->location.id;
}

/// The driver's function of a row and route, with a second try. `InCall`: what a body is given as `real`; else the whole
/// wrapper of a light row, which costs a comparison.
template <Function F, CudaRoute Route, bool InCall, class Symbol>
struct Forwarder;

template <Function F, CudaRoute Route, bool InCall, class... A>
struct Forwarder<F, Route, InCall, CUresult(A...)> {
  static CUresult call(A... arguments) noexcept {
    auto* real = driver_function<CUresult(A...)>(F, Route);
    if (real == nullptr) [[unlikely]]
      return CUDA_ERROR_NOT_INITIALIZED;
    constexpr std::string_view symbol = kSymbols[index(F)];
    Lack lack{Route, is_of_host(symbol), InCall, Lack::kCurrent};
    if constexpr (names_device(symbol) || symbol == "cuMemCreate")
      (look_for_device(lack.device, arguments), ...);
    return with_second_try(lack, real(arguments...), [&]() noexcept { return real(arguments...); });
  }
};

}  // namespace weir::cuda
