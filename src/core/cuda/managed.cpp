// cuMemAllocManaged, and what takes its place in front of cuMemAlloc and cuMemAllocPitch.
#include "core/cuda/managed.hpp"

#include "core/base/tally.hpp"
#include "core/cuda/bodies.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/managed_policy.hpp"

namespace weir::cuda {
namespace {

/// Managed memory of this size for a request for device memory; false: it may not be, or there is none.
bool convert(const Call& call, const Owner& owner, CUdeviceptr* out, std::size_t bytes) noexcept {
  CUdeviceptr made = 0;
  if (!may_be_managed(call, owner) || ask_for_managed(&made, bytes) != CUDA_SUCCESS) return false;
  *out = made;
  tend_managed(call, owner, made, bytes);
  profile::PoolRecord& record = device_pool_record(owner.device);
  add_shared(record.managed_bytes, bytes);
  add_shared(record.managed_blocks, 1);
  return true;
}

void record(const Call& call, const Owner& owner, CUdeviceptr block, std::uint64_t bytes) noexcept {
  call.allocated(CudaKey::Address, key_of(block), bytes, Space::Managed, MemoryKind::Plain, owner);
}

/// The distance of rows that the driver would choose or a multiple of it: what textures and copies need. 0: not known.
std::size_t pitch_of(std::size_t width, std::uint8_t device) noexcept {
  std::size_t step = 512;
  for (const CUdevice_attribute attribute :
       {CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT, CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT}) {
    int wanted = 0;
    if (ask::device_attribute(&wanted, attribute, device) != CUDA_SUCCESS || wanted < 0) return 0;
    while (step < static_cast<std::size_t>(wanted)) step *= 2;
  }
  return width <= ~std::size_t{0} - step ? (width + step - 1) / step * step : 0;
}

}  // namespace

bool try_managed(Call& call, CUdeviceptr* out, std::size_t bytes) noexcept {
  if (out == nullptr || bytes == 0) return false;
  const Owner owner = call.current();
  if (!convert(call, owner, out, bytes)) return false;
  record(call, owner, *out, bytes);
  return true;
}

bool try_managed_pitch(Call& call, CUdeviceptr* out, std::size_t* pitch, std::size_t width,
                       std::size_t height, unsigned element) noexcept {
  const bool is_valid = out != nullptr && pitch != nullptr && width != 0 && height != 0 &&
                        (element == 4 || element == 8 || element == 16);
  if (!is_valid) return false;  // the driver says what is wrong
  const Owner owner = call.current();
  const std::size_t row = pitch_of(width, owner.device);
  std::size_t bytes = 0;
  if (row == 0 || __builtin_mul_overflow(row, height, &bytes) || !convert(call, owner, out, bytes))
    return false;
  *pitch = row;
  record(call, owner, *out, width * height);
  return true;
}

CUresult rescue_by_managed(Call& call, CUdeviceptr* out, std::size_t bytes) noexcept {
  const bool is_wanted = engine::options().device_as.where == config::DeviceAs::ManagedOnOom;
  return is_wanted && out != nullptr && bytes != 0 && convert(call, call.current(), out, bytes)
             ? CUDA_SUCCESS
             : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult refused_for_room(Call& call, const Room& room, CUdeviceptr* out, std::size_t bytes) noexcept {
  if (rescue_by_managed(call, out, bytes) != CUDA_SUCCESS) return room.refuse();
  record(call, call.current(), *out, bytes);
  return CUDA_SUCCESS;
}

CUresult allocate_managed(Call& call, decltype(&::cuMemAllocManaged) real, CUdeviceptr* out,
                          std::size_t bytes, unsigned flags) noexcept {
  const CUresult result = real(out, bytes, flags);
  if (result != CUDA_SUCCESS || out == nullptr) return result;
  const Owner owner = call.current();
  record(call, owner, *out, bytes);
  if (flags == CU_MEM_ATTACH_GLOBAL) tend_managed(call, owner, *out, bytes);
  return result;
}

}  // namespace weir::cuda
