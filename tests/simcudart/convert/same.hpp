// Types that the runtime and the driver both have, bit for bit the same.
#pragma once

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <type_traits>

namespace simcudart {

/// The driver's view of a runtime structure of the same layout.
template <typename Driver, typename Runtime>
auto same(Runtime* pointer) {
  static_assert(sizeof(Driver) == sizeof(Runtime) && alignof(Driver) == alignof(Runtime));
  using Target = std::conditional_t<std::is_const_v<Runtime>, const Driver, Driver>;
  return reinterpret_cast<Target*>(pointer);
}

/// Enumerations with the same values.
template <typename Driver, typename Runtime>
requires std::is_enum_v<Runtime> Driver same(Runtime value) { return static_cast<Driver>(value); }

inline CUdeviceptr address_of(const void* pointer) { return reinterpret_cast<CUdeviceptr>(pointer); }
inline CUdeviceptr* address_out(void** pointer) { return reinterpret_cast<CUdeviceptr*>(pointer); }

inline CUarray driver_array(cudaArray_const_t array) {
  return reinterpret_cast<CUarray>(const_cast<cudaArray_t>(array));
}
inline CUmipmappedArray driver_array(cudaMipmappedArray_const_t array) {
  return reinterpret_cast<CUmipmappedArray>(const_cast<cudaMipmappedArray_t>(array));
}

inline CUmemLocation driver_location(cudaMemLocation location) { return *same<CUmemLocation>(&location); }

}  // namespace simcudart
