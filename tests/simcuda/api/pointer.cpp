// What an address is.
#include <cuda.h>
#include <sys/mman.h>

#include <cstring>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "device/device.hpp"
#include "device/drain.hpp"
#include "heap/blocks.hpp"

namespace simcuda {
namespace {

template <class T>
CUresult put(void* data, T value) {
  std::memcpy(data, &value, sizeof value);
  return CUDA_SUCCESS;
}

// Memory of another device is reached once the current context has been given access to it.
bool reachable(const Context* from, const Block& block) {
  if (block.host_readable() || from == nullptr || from->device == block.device) return true;
  for (const Context* peer : from->peers) {
    if (peer->device == block.device) return true;
  }
  return block.context == nullptr;  // pools and mapped memory keep their own list
}

bool ipc_capable(const Block& block) { return block.kind == Kind::device; }

// Tokens of no kernel driver; asking for them makes copies of the region synchronous, as documented.
CUresult put_tokens(void* data, Block& block) {
  if (block.kind != Kind::device) return CUDA_ERROR_INVALID_VALUE;
  block.sync_memops = true;
  return put(data, CUDA_POINTER_ATTRIBUTE_P2P_TOKENS{block.id, 0});
}

// Under the lock.
CUresult attribute_of(void* data, CUpointer_attribute attribute, CUdeviceptr address, Block& block) {
  const auto boolean = [&](bool value) { return put(data, value ? 1u : 0u); };
  switch (attribute) {
    case CU_POINTER_ATTRIBUTE_CONTEXT:
      return put(data, block.context == nullptr ? CUcontext{} : block.context->handle());
    case CU_POINTER_ATTRIBUTE_MEMORY_TYPE: {
      const bool host = block.host_readable() && block.kind != Kind::managed;
      return put(data, static_cast<unsigned>(host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE));
    }
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
      return reachable(current_context(), block) ? put(data, address) : CUDA_ERROR_INVALID_VALUE;
    case CU_POINTER_ATTRIBUTE_HOST_POINTER:
      return block.host_readable() ? put(data, address) : CUDA_ERROR_INVALID_VALUE;
    case CU_POINTER_ATTRIBUTE_P2P_TOKENS: return put_tokens(data, block);
    case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS: return boolean(block.sync_memops);
    case CU_POINTER_ATTRIBUTE_BUFFER_ID: return put<unsigned long long>(data, block.id);
    case CU_POINTER_ATTRIBUTE_IS_MANAGED: return boolean(block.kind == Kind::managed);
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL: return put(data, block.device);
    case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE: return boolean(ipc_capable(block));
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
      return put(data, block.range_bytes == 0 ? block.base : block.range_base);
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
      return put(data, block.range_bytes == 0 ? block.bytes : block.range_bytes);
    case CU_POINTER_ATTRIBUTE_MAPPED: return boolean(true);
    case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES: return put<unsigned long long>(data, block.handle_types);
    case CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE: return boolean(false);
    case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
      return put(data, static_cast<unsigned>(reachable(current_context(), block)
                                                 ? CU_POINTER_ATTRIBUTE_ACCESS_FLAG_READWRITE
                                                 : CU_POINTER_ATTRIBUTE_ACCESS_FLAG_NONE));
    case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE: return put(data, block.pool);
    case CU_POINTER_ATTRIBUTE_MAPPING_SIZE: return put(data, block.bytes);
    case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR: return put(data, block.base);
    case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
      return put<unsigned long long>(data, block.memory_id == 0 ? block.id : block.memory_id);
    case CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE: return boolean(false);
  }
  return CUDA_ERROR_INVALID_VALUE;
}

// What the list form answers where the single form would fail: zeros of the attribute's size, no device.
CUresult nothing(void* data, CUpointer_attribute attribute) {
  switch (attribute) {
    case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL: return put(data, int{CU_DEVICE_INVALID});
    case CU_POINTER_ATTRIBUTE_P2P_TOKENS: return put(data, CUDA_POINTER_ATTRIBUTE_P2P_TOKENS{});
    case CU_POINTER_ATTRIBUTE_CONTEXT:
    case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
    case CU_POINTER_ATTRIBUTE_HOST_POINTER:
    case CU_POINTER_ATTRIBUTE_BUFFER_ID:
    case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
    case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
    case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
    case CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
    case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
    case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID: return put(data, uint64_t{0});
    default: return put(data, 0u);
  }
}

bool known(CUpointer_attribute attribute) {
  return attribute >= CU_POINTER_ATTRIBUTE_CONTEXT &&
         attribute <= CU_POINTER_ATTRIBUTE_IS_HW_DECOMPRESS_CAPABLE;
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

extern "C" CUresult CUDAAPI cuPointerGetAttribute(void* data, CUpointer_attribute attribute,
                                                  CUdeviceptr address) {
  return initialised(__func__, [&] {
    if (data == nullptr) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] {
      Block* block = find_block(address);
      return block == nullptr ? CUDA_ERROR_INVALID_VALUE : attribute_of(data, attribute, address, *block);
    });
  });
}

// No error for an address that CUDA does not know, nor for an attribute that a block has not.
extern "C" CUresult CUDAAPI cuPointerGetAttributes(unsigned int count, CUpointer_attribute* attributes,
                                                   void** data, CUdeviceptr address) {
  return initialised(__func__, [&] {
    if (count == 0 || attributes == nullptr || data == nullptr) return CUDA_ERROR_INVALID_VALUE;
    for (unsigned i = 0; i < count; ++i) {
      if (!known(attributes[i]) || data[i] == nullptr) return CUDA_ERROR_INVALID_VALUE;
    }
    return locked([&] {
      Block* block = find_block(address);
      for (unsigned i = 0; i < count; ++i) {
        const bool answered =
            block != nullptr && attribute_of(data[i], attributes[i], address, *block) == CUDA_SUCCESS;
        if (!answered) nothing(data[i], attributes[i]);
      }
      return CUDA_SUCCESS;
    });
  });
}

extern "C" CUresult CUDAAPI cuPointerSetAttribute(const void* value, CUpointer_attribute attribute,
                                                  CUdeviceptr address) {
  return initialised(__func__, [&]() -> CUresult {
    if (value == nullptr || attribute != CU_POINTER_ATTRIBUTE_SYNC_MEMOPS) return CUDA_ERROR_INVALID_VALUE;
    return locked([&] {
      Block* block = find_block(address);
      if (block == nullptr || block->kind == Kind::registered) return CUDA_ERROR_INVALID_VALUE;
      unsigned wanted = 0;
      std::memcpy(&wanted, value, sizeof wanted);
      block->sync_memops = wanted != 0;
      return CUDA_SUCCESS;
    });
  });
}

// A file that stands for the range: it is empty, and closing it is the program's business.
extern "C" CUresult CUDAAPI cuMemGetHandleForAddressRange(void* handle, CUdeviceptr address, size_t bytes,
                                                          CUmemRangeHandleType type,
                                                          unsigned long long flags) {
  return initialised(__func__, [&]() -> CUresult {
    constexpr size_t kPage = 4096;
    const bool aligned = bytes != 0 && address % kPage == 0 && bytes % kPage == 0;
    if (handle == nullptr || !aligned || type != CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD || flags != 0)
      return CUDA_ERROR_INVALID_VALUE;
    const bool inside = locked([&] {
      const Block* block = find_block(address);
      return block != nullptr && block->kind == Kind::device && bytes <= block->end() - address;
    });
    const int file = inside ? memfd_create("simcuda dma-buf", MFD_CLOEXEC) : -1;
    return file < 0 ? CUDA_ERROR_INVALID_VALUE : put(handle, file);
  });
}
