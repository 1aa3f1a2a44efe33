// Entry points of the driver, for programs that call both. Compiled twice: see CMakeLists.txt.
#include <cuda_runtime_api.h>

#include "base/driver.hpp"
#include "base/state.hpp"
#include "convert/same.hpp"

using namespace simcudart;

namespace {

cudaDriverEntryPointQueryResult status_of(CUdriverProcAddressQueryResult status) {
  switch (status) {
    case CU_GET_PROC_ADDRESS_SUCCESS: return cudaDriverEntryPointSuccess;
    case CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT: return cudaDriverEntryPointVersionNotSufficent;
    default: return cudaDriverEntryPointSymbolNotFound;
  }
}

/// The default default stream is the one this was compiled for.
cuuint64_t driver_flags(unsigned long long flags) {
  return flags == cudaEnableDefault ? kStreamFlags : flags;
}

cudaError_t find(const char* name, void** out, unsigned version, unsigned long long flags,
                 cudaDriverEntryPointQueryResult* status) {
  if (name == nullptr || out == nullptr) return cudaErrorInvalidValue;
  CUdriverProcAddressQueryResult answer = CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  // The lookup function as the driver's own table has it: what stands between sees these requests too.
  const auto look_up = DRIVER(cuGetProcAddress, 12000);
  const CUresult result = look_up(name, out, static_cast<int>(version), driver_flags(flags), &answer);
  if (status != nullptr) *status = status_of(answer);
  const bool told = status != nullptr && answer != CU_GET_PROC_ADDRESS_SUCCESS;
  if (result == CUDA_ERROR_NOT_FOUND && told) {
    *out = nullptr;
    return cudaSuccess;
  }
  return error_of(result);
}

}  // namespace

cudaError_t cudaGetDriverEntryPoint(const char* name, void** out, unsigned long long flags,
                                    cudaDriverEntryPointQueryResult* status) {
  return in_driver([&] { return find(name, out, CUDART_VERSION, flags, status); });
}

cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** out, unsigned version,
                                             unsigned long long flags,
                                             cudaDriverEntryPointQueryResult* status) {
  return in_driver([&] { return find(name, out, version, flags, status); });
}
