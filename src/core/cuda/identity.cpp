// What programs ask of addresses of device and pinned memory, and who else is given hold of the memory behind them.
//
// A pooled block, of device or pinned memory, is one of the driver's, up to an eighth larger than what the program asked for,
// and the driver keeps it when the program has freed it; or it is carved from one (WEIR_DEVICE_POOL=slab). The program is shown
// what it would see without the pool:
//
//   live     the size is what it asked for, and a carved block begins where it begins; all else is the driver's answer
//   freed    the driver is asked about an address where nothing is, and answers as this function does to a stranger. Known by
//            the block's first address; by any, where the question is rare or the driver names the block in its answer
//
// A block that is held by other means than its address is marked, and really freed when the program frees it: IPC handles,
// dma-buf files, RDMA tokens, multicast, and the setting that makes copies synchronous and stays with the block. A carved block
// is refused: who got its slab would have its neighbours, too, and look for the block at the slab's beginning.
//
// Not here: textures, tensor maps and graphs know plain addresses, and may not use them after the free with a pool or without
// one. Only memory of others gets addresses by cuGraphicsResource…, cuExternalMemory… and cuMemPoolExportPointer. A frame
// that was presented to an EGL stream has to be returned before it is freed.
#include <atomic>

#include "core/base/text.hpp"
#include "core/cuda/bodies.hpp"
#include "core/cuda/device_pool.hpp"
#include "core/cuda/driver.hpp"
#include "core/cuda/pinned_pool.hpp"
#include "core/engine/cuda_pools.hpp"

namespace weir::cuda {
namespace {

/// In the first page, where nobody has memory.
constexpr std::uint32_t kNowhere = 1;

/// A block of a pool.
struct Block {
  CUdeviceptr begin;    ///< 0: no pool knows the address
  std::uint64_t bytes;  ///< live: what was asked for; freed: 0
  bool is_carved;
  [[nodiscard]] bool is_freed() const noexcept { return begin != 0 && bytes == 0; }
};

bool has_pool() noexcept { return has_device_pool() || has_pinned_pool(); }

/// One that begins here and is a block of the driver's. Device and host have one space of addresses.
Block whole_at(CUdeviceptr begin) noexcept {
  std::uint64_t bytes = pooled_bytes_at(begin);
  if (bytes == 0) bytes = pooled_host_bytes_at(begin);
  const bool is_known = bytes != 0 || is_freed_in_device_pool(begin) || is_freed_in_pinned_pool(begin);
  return {is_known ? begin : 0, bytes, false};
}

Block carved_around(CUdeviceptr address) noexcept {
  CarvedBlock found{};
  if (!find_carved(address, found)) return {};
  if (found.base == 0) return {found.slab, 0, true};
  return {found.base, pooled_bytes_at(found.base), true};
}

/// What can be known without the driver.
Block find_known(CUdeviceptr address) noexcept {
  if (!has_pool()) return {};
  const Block carved = carved_around(address);
  return carved.begin != 0 ? carved : whole_at(address);
}

Block find(CUdeviceptr address) noexcept {
  const Block known = find_known(address);
  if (known.begin != 0 || !has_pool()) return known;
  CUdeviceptr begin = 0;
  const CUresult result = ask::pointer_attribute(&begin, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, address);
  return result == CUDA_SUCCESS && begin != 0 ? whole_at(begin) : Block{};
}

[[gnu::noinline, gnu::cold]] CUresult refuse_carved(const char* what) noexcept {
  static constinit std::atomic<bool> has_told{};
  if (has_told.exchange(true, std::memory_order_relaxed)) return CUDA_ERROR_INVALID_VALUE;
  char bytes[300];
  TextBuffer line{bytes};
  line << "weir: " << what
       << " is refused for a block that is part of a slab: others would get its neighbours with it; "
          "WEIR_DEVICE_POOL=bucket serves this program";
  engine::cuda_notice(line.view());
  return CUDA_ERROR_INVALID_VALUE;
}

/// `give` calls the driver, with which others get hold of the block around the address that it is given.
template <class Give>
CUresult share(CUdeviceptr address, const char* what, Give give) noexcept {
  const Block block = find(address);
  if (block.is_freed()) return give(CUdeviceptr{kNowhere});
  if (block.is_carved) return refuse_carved(what);
  const CUresult result = give(address);
  if (result != CUDA_SUCCESS || block.begin == 0) return result;
  export_from_device_pool(block.begin);
  export_from_pinned_pool(block.begin);
  return result;
}

template <class Address, class Size>
CUresult get_range(CUresult (*real)(Address*, Size*, Address), Address* begin, Size* bytes,
                   Address address) noexcept {
  if (!has_pool()) return real(begin, bytes, address);
  Block block = carved_around(address);
  if (block.is_freed()) return real(begin, bytes, kNowhere);
  Address found = 0;
  Size found_bytes = 0;
  const CUresult result =
      real(begin != nullptr ? &found : nullptr, bytes != nullptr ? &found_bytes : nullptr, address);
  if (result != CUDA_SUCCESS) return result;
  if (!block.is_carved) block = begin != nullptr ? whole_at(found) : find(address);
  if (block.is_freed()) return real(begin, bytes, kNowhere);
  if (begin != nullptr) *begin = block.is_carved ? static_cast<Address>(block.begin) : found;
  if (bytes != nullptr) *bytes = block.bytes != 0 ? static_cast<Size>(block.bytes) : found_bytes;
  return result;
}

/// The driver's answer to one question about a live block, made the program's.
void correct(const Block& block, CUpointer_attribute attribute, void* data) noexcept {
  if (block.begin == 0 || data == nullptr) return;
  if (attribute == CU_POINTER_ATTRIBUTE_RANGE_SIZE) *static_cast<std::size_t*>(data) = block.bytes;
  if (attribute == CU_POINTER_ATTRIBUTE_RANGE_START_ADDR) *static_cast<CUdeviceptr*>(data) = block.begin;
}

constexpr const char* kTokens = "CU_POINTER_ATTRIBUTE_P2P_TOKENS";

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
  if (attribute == CU_POINTER_ATTRIBUTE_P2P_TOKENS)
    return share(address, kTokens, [=](CUdeviceptr it) { return real(data, attribute, it); });
  const Block block = attribute == CU_POINTER_ATTRIBUTE_RANGE_SIZE ? find(address) : find_known(address);
  const CUresult result = real(data, attribute, block.is_freed() ? kNowhere : address);
  if (result == CUDA_SUCCESS && !block.is_freed()) correct(block, attribute, data);
  return result;
}

CUresult get_pointer_attributes(Call&, decltype(&::cuPointerGetAttributes) real, unsigned count,
                                CUpointer_attribute* attributes, void** data, CUdeviceptr address) noexcept {
  bool has_size = false, has_tokens = false;
  for (unsigned i = 0; attributes != nullptr && i != count; ++i) {
    has_size = has_size || attributes[i] == CU_POINTER_ATTRIBUTE_RANGE_SIZE;
    has_tokens = has_tokens || attributes[i] == CU_POINTER_ATTRIBUTE_P2P_TOKENS;
  }
  const auto forward = [=](CUdeviceptr it) { return real(count, attributes, data, it); };
  const Block block = has_size ? find(address) : find_known(address);
  if (block.is_freed()) return forward(kNowhere);
  const CUresult result = has_tokens ? share(address, kTokens, forward) : forward(address);
  if (result != CUDA_SUCCESS) return result;
  for (unsigned i = 0; i != count; ++i) correct(block, attributes[i], data[i]);
  return result;
}

CUresult set_pointer_attribute(Call&, decltype(&::cuPointerSetAttribute) real, const void* value,
                               CUpointer_attribute attribute, CUdeviceptr address) noexcept {
  return share(address, "CU_POINTER_ATTRIBUTE_SYNC_MEMOPS",
               [=](CUdeviceptr it) { return real(value, attribute, it); });
}

CUresult get_ipc_handle(Call&, decltype(&::cuIpcGetMemHandle) real, CUipcMemHandle* handle,
                        CUdeviceptr address) noexcept {
  return share(address, "cuIpcGetMemHandle", [=](CUdeviceptr it) { return real(handle, it); });
}

CUresult get_range_handle(Call&, decltype(&::cuMemGetHandleForAddressRange) real, void* handle,
                          CUdeviceptr address, std::size_t bytes, CUmemRangeHandleType type,
                          unsigned long long flags) noexcept {
  return share(address, "cuMemGetHandleForAddressRange",
               [=](CUdeviceptr it) { return real(handle, it, bytes, type, flags); });
}

CUresult bind_multicast(Call&, decltype(&::cuMulticastBindAddr) real, CUmemGenericAllocationHandle team,
                        std::size_t offset, CUdeviceptr address, std::size_t bytes,
                        unsigned long long flags) noexcept {
  return share(address, "cuMulticastBindAddr",
               [=](CUdeviceptr it) { return real(team, offset, it, bytes, flags); });
}

}  // namespace weir::cuda
