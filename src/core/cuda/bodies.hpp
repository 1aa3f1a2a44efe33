// The bodies named in functions.inc: what happens around a function of the driver.
//
//   CUresult body(Call& call, CUresult (*real)(…), …)
//
// is called with the program's arguments and the driver's function for the route by which the program came. It calls
// `real` once, with those arguments, and returns what that returned; out-parameters are looked at on success only.
#pragma once

#include "core/cuda/call.hpp"

namespace weir::cuda {

template <class Symbol>
struct BodyOf;
template <class... A>
struct BodyOf<CUresult(A...)> {
  using Type = CUresult(Call&, CUresult (*)(A...), A...) noexcept;
};

#define DRIVER_FN_LIGHT(symbol, base, since, stream)
#define DRIVER_FN(symbol, base, since, stream, takes, body) BodyOf<decltype(::symbol)>::Type body;
#include "core/cuda/functions.inc"
#undef DRIVER_FN

}  // namespace weir::cuda
