// cuMemGetInfo, cuDeviceTotalMem.
#include "core/cuda/memory_info.hpp"

#include "core/cuda/bodies.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/limit.hpp"
#include "core/engine/cuda_pools.hpp"
#include "core/platform/platform.hpp"

namespace weir::cuda {
namespace {

/// What the driver would have been asked for by a program that wants only one of the two.
MemoryInfo both(MemoryInfo half, bool has_free, bool has_total) noexcept {
  std::size_t free = 0, total = 0;
  if ((has_free && has_total) || ask::memory_info(&free, &total) != CUDA_SUCCESS) return half;
  return {has_free ? half.free : free, has_total ? half.total : total};
}

/// `Size` is 32 bits wide in the first API: the driver cuts what does not fit, and so nothing larger comes out here.
template <class Size>
CUresult get_info_as(const Call& call, CUresult (*real)(Size*, Size*), Size* free, Size* total) noexcept {
  Size driver_free = 0, driver_total = 0;
  const std::uint64_t before = platform::monotonic_ns();
  const CUresult result =
      real(free != nullptr ? &driver_free : nullptr, total != nullptr ? &driver_total : nullptr);
  if (result != CUDA_SUCCESS || (free == nullptr && total == nullptr)) return result;
  const std::uint8_t device = call.current().device;
  if (free != nullptr && total != nullptr && sizeof(Size) == sizeof(std::uint64_t))
    engine::cuda_memory_seen(device, driver_free, driver_total, platform::monotonic_ns() - before);
  const MemoryInfo seen =
      as_program_sees(both({driver_free, driver_total}, free != nullptr, total != nullptr), device);
  constexpr std::uint64_t kMost = static_cast<Size>(~Size{0});
  if (free != nullptr) *free = static_cast<Size>(seen.free < kMost ? seen.free : kMost);
  if (total != nullptr) *total = static_cast<Size>(seen.total < kMost ? seen.total : kMost);
  return result;
}

template <class Size>
CUresult get_total_as(CUresult (*real)(Size*, CUdevice), Size* out, CUdevice device) noexcept {
  Size total = 0;
  const CUresult result = real(out != nullptr ? &total : nullptr, device);
  if (result != CUDA_SUCCESS || out == nullptr) return result;
  const std::uint64_t limit = has_limit() ? limit_of(static_cast<std::uint8_t>(device)) : kNoLimit;
  *out = limit < total ? static_cast<Size>(limit) : total;
  return result;
}

}  // namespace

MemoryInfo as_program_sees(MemoryInfo drivers, std::uint8_t device) noexcept {
  MemoryInfo seen = drivers;
  const std::uint64_t pooled = pooled_free_bytes(device);
  const std::uint64_t used = seen.total > seen.free ? seen.total - seen.free : 0;
  seen.free += pooled < used ? pooled : used;
  if (!has_limit()) return seen;
  const std::uint64_t limit = limit_of(device), live = engine::cuda_tracked(device);
  const std::uint64_t left = limit > live ? limit - live : 0;
  if (limit < seen.total) seen.total = limit;
  if (left < seen.free) seen.free = left;
  return seen;
}

CUresult get_info_v1(Call& call, CUresult (*real)(unsigned*, unsigned*), unsigned* free,
                     unsigned* total) noexcept {
  return get_info_as(call, real, free, total);
}

CUresult get_info(Call& call, CUresult (*real)(std::size_t*, std::size_t*), std::size_t* free,
                  std::size_t* total) noexcept {
  return get_info_as(call, real, free, total);
}

CUresult get_device_total_v1(Call&, CUresult (*real)(unsigned*, CUdevice), unsigned* bytes,
                             CUdevice device) noexcept {
  return get_total_as(real, bytes, device);
}

CUresult get_device_total(Call&, CUresult (*real)(std::size_t*, CUdevice), std::size_t* bytes,
                          CUdevice device) noexcept {
  return get_total_as(real, bytes, device);
}

}  // namespace weir::cuda
