// What the pools keep must not be what another call of the driver lacks: one that finds no memory is made once more after
// they have given back what they can without waiting.
//
//   Forwarder   ─→ driver ─┬ anything else ─────────────────────────→ as it is
//                          └ out of memory ─→ give_way() ─┬ gave ───→ driver, whose answer counts
//                                                         └ nothing → as it is
#pragma once

#include <cstdint>

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

constexpr bool has_second_try(Takes takes) noexcept { return takes != Takes::None && takes != Takes::Pooled; }

// An argument that names a device: the last of its type, where there are several.
template <class Argument>
inline constexpr bool kNamesPlace = false;
template <>
inline constexpr bool kNamesPlace<CUdevice> = true;
template <>
inline constexpr bool kNamesPlace<const CUmemAllocationProp*> = true;
template <>
inline constexpr bool kNamesPlace<const CUmemPoolProps*> = true;

template <class Argument>
void look_for_place(Lack&, const Argument&) noexcept {}
inline void look_for_place(Lack& lack, const CUdevice& argument) noexcept { lack.device = argument; }
inline void look_for_place(Lack& lack, const CUmemLocation& argument) noexcept {
  if (argument.type == CU_MEM_LOCATION_TYPE_DEVICE) lack.device = argument.id;
}
inline void look_for_place(Lack& lack, const CUmemAllocationProp* const& argument) noexcept {
  if (argument != nullptr) look_for_place(lack, argument->location);
}
inline void look_for_place(Lack& lack, const CUmemPoolProps* const& argument) noexcept {
  if (argument != nullptr) look_for_place(lack, argument->location);
}

/// The driver's function of a row and route, with a second try. `InCall`: what a body is given as `real`; else the whole
/// wrapper of a light row, which costs a comparison.
template <Function F, CudaRoute Route, Takes T, bool InCall, class Symbol>
struct Forwarder;

template <Function F, CudaRoute Route, Takes T, bool InCall, class... A>
struct Forwarder<F, Route, T, InCall, CUresult(A...)> {
  static_assert(has_second_try(T));
  static_assert(T != Takes::Named || (kNamesPlace<A> || ...), "no argument names a device");

  static CUresult call(A... arguments) noexcept {
    auto* real = driver_function<CUresult(A...)>(F, Route);
    if (real == nullptr) [[unlikely]]
      return CUDA_ERROR_NOT_INITIALIZED;
    const CUresult result = real(arguments...);
    if (result != CUDA_ERROR_OUT_OF_MEMORY) [[likely]]
      return result;
    Lack lack{Route, T == Takes::Host, InCall, Lack::kCurrent};
    if constexpr (T == Takes::Named) (look_for_place(lack, arguments), ...);
    return with_second_try(lack, result, [&]() noexcept { return real(arguments...); });
  }
};

}  // namespace weir::cuda
