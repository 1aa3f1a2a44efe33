// What programs ask of addresses of device and pinned memory, and who else is given hold of the memory behind them.
//
// A pooled block, of device or pinned memory, is one of the driver's, up to an eighth larger than what the program asked for,
// and the driver keeps it when the program has freed it. The program is shown what it would see without the pool:
//
//   live    the size is what it asked for; all else is the driver's answer
//   freed   the driver is asked about an address where nothing is, and answers as this function does to a stranger. Known by
//           the block's first address; by any, where the question is rare or the driver names the block in its answer
//
// A block that is held by other means than its address is marked, and really freed when the program frees it: IPC handles,
// dma-buf files, RDMA tokens, multicast, and the setting that makes copies synchronous and stays with the block.
//
// Not here: textures, tensor maps and graphs know plain addresses, and may not use them after the free with a pool or without
// one. Only memory of others gets addresses by cuGraphicsResource…, cuExternalMemory… and cuMemPoolExportPointer. A frame
// that was presented to an EGL stream has to be returned before it is freed.
#include "core/cuda/bodies.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/pinned_pool.hpp"

namespace weir::cuda {
namespace {

/// In the first page, where nobody has memory.
constexpr std::uint32_t kNowhere = 1;

struct Pooled {
  std::uint64_t bytes;  ///< live: what was asked for; else 0
  bool is_freed;
};

bool has_pool() noexcept { return has_device_pool() || has_pinned_pool(); }

/// Addresses of both kinds are one space.
Pooled pooled_at(CUdeviceptr block) noexcept {
  std::uint64_t bytes = pooled_bytes_at(block);
  if (bytes == 0) bytes = pooled_host_bytes_at(block);
  return {bytes, bytes == 0 && (is_freed_in_device_pool(block) || is_freed_in_pinned_pool(block))};
}

/// The first address of the driver's block around this one; 0: it knows none.
CUdeviceptr begin_of(CUdeviceptr address) noexcept {
  CUdeviceptr begin = 0;
  const CUresult result = ask::pointer_attribute(&begin, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, address);
  return result == CUDA_SUCCESS ? begin : 0;
}

Pooled pooled_around(CUdeviceptr address) noexcept {
  const Pooled here = pooled_at(address);
  if (here.bytes != 0 || here.is_freed || !has_pool()) return here;
  const CUdeviceptr begin = begin_of(address);
  return begin != 0 && begin != address ? pooled_at(begin) : Pooled{};
}

/// What the driver is asked about in this address's place.
CUdeviceptr as_program_knows(CUdeviceptr address) noexcept {
  return pooled_at(address).is_freed ? kNowhere : address;
}
CUdeviceptr as_program_knows_around(CUdeviceptr address) noexcept {
  return pooled_around(address).is_freed ? kNowhere : address;
}

/// Others may hold the block around this address from now on.
void share(CUdeviceptr address) noexcept {
  if (!has_pool()) return;
  const CUdeviceptr begin = begin_of(address);
  export_from_device_pool(begin != 0 ? begin : address);
  export_from_pinned_pool(begin != 0 ? begin : address);
}

template <class Address, class Size>
CUresult get_range(CUresult (*real)(Address*, Size*, Address), Address* begin, Size* bytes,
                   Address address) noexcept {
  if (!has_pool()) return real(begin, bytes, address);
  Address found = 0;
  Size found_bytes = 0;
  const CUresult result =
      real(begin != nullptr ? &found : nullptr, bytes != nullptr ? &found_bytes : nullptr, address);
  if (result != CUDA_SUCCESS) return result;
  const Pooled pooled = begin != nullptr ? pooled_at(found) : pooled_around(address);
  if (pooled.is_freed) return real(begin, bytes, kNowhere);
  if (begin != nullptr) *begin = found;
  if (bytes != nullptr) *bytes = pooled.bytes != 0 ? static_cast<Size>(pooled.bytes) : found_bytes;
  return result;
}

}  // namespace

CUresult get_address_range_v1(Call&, CUresult (*real)(CUdeviceptr_v1*, unsigned*, CUdeviceptr_v1),
                              CUdeviceptr_v1* begin, unsigned* bytes, CUdeviceptr_v1 address) noexcept {
  return get_range(real, begin, bytes, address);
}

CUresult get_address_range(Call&, CUresult (*real)(CUdeviceptr*, std::size_t*, CUdeviceptr),
                           CUdeviceptr* begin, std::size_t* bytes, CUdeviceptr address) noexcept {
  return get_range(real, begin, bytes, address);
}

CUresult get_pointer_attribute(Call&, decltype(&::cuPointerGetAttribute) real, void* data,
                               CUpointer_attribute attribute, CUdeviceptr address) noexcept {
  const bool is_size = attribute == CU_POINTER_ATTRIBUTE_RANGE_SIZE && data != nullptr && has_pool();
  if (!is_size) {
    const CUresult result = real(data, attribute, as_program_knows(address));
    if (result == CUDA_SUCCESS && attribute == CU_POINTER_ATTRIBUTE_P2P_TOKENS) share(address);
    return result;
  }
  const Pooled pooled = pooled_around(address);
  std::size_t bytes = 0;
  const CUresult result = real(&bytes, attribute, pooled.is_freed ? kNowhere : address);
  if (result == CUDA_SUCCESS)
    *static_cast<std::size_t*>(data) = pooled.bytes != 0 ? static_cast<std::size_t>(pooled.bytes) : bytes;
  return result;
}

CUresult get_pointer_attributes(Call&, decltype(&::cuPointerGetAttributes) real, unsigned count,
                                CUpointer_attribute* attributes, void** data, CUdeviceptr address) noexcept {
  CUdeviceptr asked = as_program_knows(address);
  Pooled pooled{};
  for (unsigned i = 0; attributes != nullptr && i != count; ++i)
    if (attributes[i] == CU_POINTER_ATTRIBUTE_RANGE_SIZE) pooled = pooled_around(address);
  if (pooled.is_freed) asked = kNowhere;
  const CUresult result = real(count, attributes, data, asked);
  if (result != CUDA_SUCCESS || asked != address) return result;
  for (unsigned i = 0; i != count; ++i) {
    if (attributes[i] == CU_POINTER_ATTRIBUTE_RANGE_SIZE && pooled.bytes != 0)
      *static_cast<std::size_t*>(data[i]) = pooled.bytes;
    if (attributes[i] == CU_POINTER_ATTRIBUTE_P2P_TOKENS) share(address);
  }
  return result;
}

CUresult set_pointer_attribute(Call&, decltype(&::cuPointerSetAttribute) real, const void* value,
                               CUpointer_attribute attribute, CUdeviceptr address) noexcept {
  const CUresult result = real(value, attribute, as_program_knows_around(address));
  if (result == CUDA_SUCCESS) share(address);
  return result;
}

CUresult get_ipc_handle(Call&, decltype(&::cuIpcGetMemHandle) real, CUipcMemHandle* handle,
                        CUdeviceptr address) noexcept {
  const CUresult result = real(handle, as_program_knows_around(address));
  if (result == CUDA_SUCCESS) share(address);
  return result;
}

CUresult get_range_handle(Call&, decltype(&::cuMemGetHandleForAddressRange) real, void* handle,
                          CUdeviceptr address, std::size_t bytes, CUmemRangeHandleType type,
                          unsigned long long flags) noexcept {
  const CUresult result = real(handle, as_program_knows_around(address), bytes, type, flags);
  if (result == CUDA_SUCCESS) share(address);
  return result;
}

CUresult bind_multicast(Call&, decltype(&::cuMulticastBindAddr) real, CUmemGenericAllocationHandle team,
                        std::size_t offset, CUdeviceptr address, std::size_t bytes,
                        unsigned long long flags) noexcept {
  const CUresult result = real(team, offset, as_program_knows_around(address), bytes, flags);
  if (result == CUDA_SUCCESS) share(address);
  return result;
}

}  // namespace weir::cuda
