#include <array>
#include <string_view>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "simcudart_errors.hpp"

// simcudart_errors.hpp is made by generate.py from the toolkit's header: kErrors, one {value, name} for each cudaError.

namespace simcudart {
namespace {

thread_local cudaError_t t_last = cudaSuccess;

const ErrorName* find(int value) {
  for (const ErrorName& row : kErrors)
    if (row.value == value) return &row;
  return nullptr;
}

/// Errors after which the context is of no more use: asking for the last error does not clear them.
bool is_sticky(cudaError_t error) {
  switch (error) {
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure: return true;
    default: return false;
  }
}

}  // namespace

cudaError_t error_of(CUresult result) {
  if (result == CUDA_ERROR_SYSTEM_DRIVER_MISMATCH) return cudaErrorInsufficientDriver;
  return find(result) != nullptr ? static_cast<cudaError_t>(result) : cudaErrorUnknown;
}

cudaError_t remember(cudaError_t error) {
  if (error != cudaSuccess) t_last = error;
  return error;
}

cudaError_t last_error() { return t_last; }

cudaError_t take_last_error() {
  const cudaError_t error = t_last;
  if (!is_sticky(error)) t_last = cudaSuccess;
  return error;
}

}  // namespace simcudart

cudaError_t cudaGetLastError() { return simcudart::take_last_error(); }
cudaError_t cudaPeekAtLastError() { return simcudart::last_error(); }

const char* cudaGetErrorName(cudaError_t error) {
  const simcudart::ErrorName* row = simcudart::find(error);
  return row != nullptr ? row->name : "unrecognized error code";
}

const char* cudaGetErrorString(cudaError_t error) {
  const char* text = nullptr;
  const bool asks =
      error != cudaSuccess && simcudart::find(error) != nullptr && simcudart::driver_lookup() != nullptr;
  if (asks && DRIVER(cuGetErrorString, 6000)(static_cast<CUresult>(error), &text) == CUDA_SUCCESS &&
      text != nullptr)
    return text;
  return error == cudaSuccess ? "no error" : cudaGetErrorName(error);
}
