// What the program is given in a driver function's place.
#pragma once

#include "core/cuda/bodies.hpp"
#include "core/cuda/function.hpp"
#include "core/cuda/give_way.hpp"

namespace weir::cuda {

template <Function F, CudaRoute Route, Takes T, auto Body, class Symbol>
struct Wrapper;

template <Function F, CudaRoute Route, Takes T, auto Body, class... A>
struct Wrapper<F, Route, T, Body, CUresult(A...)> {
  static CUresult call(A... arguments) noexcept {
    auto* real = driver_function<CUresult(A...)>(F, Route);
    if (real == nullptr) [[unlikely]]
      return CUDA_ERROR_NOT_INITIALIZED;
    Call call{engine::caller_of(__builtin_frame_address(0))};
    if (!call.begin(Route)) return real(arguments...);
    if constexpr (has_second_try(T)) real = &Forwarder<F, Route, T, true, CUresult(A...)>::call;
    const CUresult result = Body(call, real, arguments...);
    call.end();
    return result;
  }
};

}  // namespace weir::cuda
