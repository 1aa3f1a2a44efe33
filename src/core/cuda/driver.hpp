// What weir itself asks the driver: on the program's thread, after its own successful call, and never what the driver
// could not answer during a capture (captures.hpp).
#pragma once

#include <cstdint>

#include "core/base/tally.hpp"
#include "core/cuda/driver_api.hpp"
#include "core/cuda/loader.hpp"

namespace weir::cuda {

/// One function of the driver, found when it is first called. A driver that has none of this name answers
/// CUDA_ERROR_NOT_FOUND.
template <class Symbol>
class Asked;
template <class... A>
class Asked<CUresult(A...)> {
 public:
  constexpr explicit Asked(const char* name) noexcept : name_{name} {}
  CUresult operator()(A... arguments) noexcept {
    if (load_acquire(found_) == nullptr) [[unlikely]]
      find();
    return load_acquire(found_)(arguments...);
  }
  [[nodiscard]] bool exists() noexcept {
    if (load_acquire(found_) == nullptr) [[unlikely]]
      find();
    return load_acquire(found_) != &missing;
  }
  void find() noexcept {
    void* real = driver_symbol(name_);
    store_release(found_, real != nullptr ? reinterpret_cast<CUresult (*)(A...)>(real) : &missing);
  }

 private:
  static CUresult missing(A...) noexcept { return CUDA_ERROR_NOT_FOUND; }

  const char* name_;
  CUresult (*found_)(A...) = nullptr;
};

namespace ask {
inline constinit Asked<decltype(::cuCtxGetCurrent)> ctx_get_current{"cuCtxGetCurrent"};
inline constinit Asked<decltype(::cuCtxGetDevice)> ctx_get_device{"cuCtxGetDevice"};
inline constinit Asked<decltype(::cuCtxGetId)> ctx_id{"cuCtxGetId"};
inline constinit Asked<decltype(::cuMemGetAddressRange_v2)> address_range{"cuMemGetAddressRange_v2"};
inline constinit Asked<decltype(::cuDevicePrimaryCtxGetState)> primary_state{"cuDevicePrimaryCtxGetState"};
inline constinit Asked<decltype(::cuStreamIsCapturing)> is_capturing{"cuStreamIsCapturing"};
inline constinit Asked<decltype(::cuDeviceGetPCIBusId)> pci_bus_id{"cuDeviceGetPCIBusId"};
inline constinit Asked<decltype(::cuMemFreeHost)> free_host{"cuMemFreeHost"};
inline constinit Asked<decltype(::cuCtxPushCurrent_v2)> ctx_push{"cuCtxPushCurrent_v2"};
inline constinit Asked<decltype(::cuCtxPopCurrent_v2)> ctx_pop{"cuCtxPopCurrent_v2"};
inline constinit Asked<decltype(::cuMemFree_v2)> mem_free{"cuMemFree_v2"};
inline constinit Asked<decltype(::cuMemGetInfo_v2)> memory_info{"cuMemGetInfo_v2"};
inline constinit Asked<decltype(::cuDeviceTotalMem_v2)> device_total{"cuDeviceTotalMem_v2"};
inline constinit Asked<decltype(::cuPointerGetAttribute)> pointer_attribute{"cuPointerGetAttribute"};
inline constinit Asked<decltype(::cuDeviceGetAttribute)> device_attribute{"cuDeviceGetAttribute"};

}  // namespace ask

/// Finds all of them.
void find_asked() noexcept;

/// After a successful call that concerned this device: describes a device that was not seen yet, and asks how much of
/// it is used when that is due.
void observe(std::uint8_t device) noexcept;

/// Memory came from one of the device's pools: they are asked, too, from now on.
void pools_in_use(std::uint8_t device) noexcept;

}  // namespace weir::cuda
