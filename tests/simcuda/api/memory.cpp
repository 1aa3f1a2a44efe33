// Device memory: allocate, free, ask.
#include <cuda.h>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "base/log.hpp"
#include "device/device.hpp"
#include "device/drain.hpp"
#include "engine/engine.hpp"
#include "heap/blocks.hpp"
#include "heap/heap.hpp"

namespace simcuda {
namespace {

constexpr bool kLow = true;
constexpr size_t kPitch = 512;

CUresult allocate(Context& context, size_t bytes, bool low, CUdeviceptr& address) {
  Block block;
  const CUresult result = locked([&] { return allocate_device(context, bytes, low, block); });
  if (result == CUDA_SUCCESS) address = block.base;
  note_call("%zu bytes at 0x%llx", bytes, block.base);
  return result;
}

CUresult free_at(CUdeviceptr address) {
  note_call("0x%llx", address);
  if (address == 0) return CUDA_SUCCESS;
  const auto block = locked([&]() -> std::optional<Block> {
    const Block* found = block_at(address);
    return found == nullptr ? std::nullopt : std::optional(*found);
  });
  if (!block) return CUDA_ERROR_INVALID_VALUE;
  if (block->release != nullptr) return block->release(address);
  if (block->kind != Kind::device && block->kind != Kind::managed) return CUDA_ERROR_INVALID_VALUE;
  if (const CUresult left = drain_users(*block->context); left != CUDA_SUCCESS) return left;
  engine::drain_copies(block->base, block->bytes);
  return locked([&] {  // while nobody held the lock, another thread may have freed it
    const Block* still = block_at(address);
    if (still == nullptr || still->id != block->id) return CUDA_ERROR_INVALID_VALUE;
    still->kind == Kind::device ? free_device(*still) : free_managed(*still);
    return CUDA_SUCCESS;
  });
}

// The width of a row in memory, for elements of 4, 8 or 16 bytes; 0 if the product with height is too large.
size_t pitched(size_t width, size_t height, unsigned element, size_t& bytes) {
  if (element != 4 && element != 8 && element != 16) return 0;
  if (width == 0 || height == 0 || width > SIZE_MAX - kPitch) return 0;
  const size_t pitch = (width + kPitch - 1) / kPitch * kPitch;
  return __builtin_mul_overflow(pitch, height, &bytes) ? 0 : pitch;
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

extern "C" CUresult CUDAAPI cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    if (address == nullptr || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    return allocate(context, bytes, !kLow, *address);
  });
}

extern "C" CUresult CUDAAPI cuMemAlloc(CUdeviceptr_v1* address, unsigned int bytes) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    if (address == nullptr || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    CUdeviceptr wide = 0;
    const CUresult result = allocate(context, bytes, kLow, wide);
    if (result == CUDA_SUCCESS) *address = static_cast<CUdeviceptr_v1>(wide);
    return result;
  });
}

extern "C" CUresult CUDAAPI cuMemAllocPitch_v2(CUdeviceptr* address, size_t* pitch, size_t width,
                                               size_t height, unsigned int element) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    size_t bytes = 0;
    const size_t row = pitched(width, height, element, bytes);
    if (address == nullptr || pitch == nullptr || row == 0) return CUDA_ERROR_INVALID_VALUE;
    const CUresult result = allocate(context, bytes, !kLow, *address);
    if (result == CUDA_SUCCESS) *pitch = row;
    return result;
  });
}

extern "C" CUresult CUDAAPI cuMemAllocPitch(CUdeviceptr_v1* address, unsigned int* pitch, unsigned int width,
                                            unsigned int height, unsigned int element) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    size_t bytes = 0;
    const size_t row = pitched(width, height, element, bytes);
    if (address == nullptr || pitch == nullptr || row == 0) return CUDA_ERROR_INVALID_VALUE;
    CUdeviceptr wide = 0;
    const CUresult result = allocate(context, bytes, kLow, wide);
    if (result != CUDA_SUCCESS) return result;
    *address = static_cast<CUdeviceptr_v1>(wide);
    *pitch = static_cast<unsigned>(row);
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuMemFree_v2(CUdeviceptr address) {
  return in_context(__func__, [&](Context&) { return free_at(address); });
}

extern "C" CUresult CUDAAPI cuMemFree(CUdeviceptr_v1 address) {
  return in_context(__func__, [&](Context&) { return free_at(address); });
}

extern "C" CUresult CUDAAPI cuMemGetInfo_v2(size_t* free, size_t* total) {
  return in_context(__func__, [&](Context& context) {
    const Device& device = context.on();
    const size_t used = locked([&] { return device.used; });
    if (free != nullptr) *free = device.memory - used;
    if (total != nullptr) *total = device.memory;
    return CUDA_SUCCESS;
  });
}

// 32 bits: what does not fit is cut to the largest number.
extern "C" CUresult CUDAAPI cuMemGetInfo(unsigned int* free, unsigned int* total) {
  return in_context(__func__, [&](Context& context) {
    const auto cut = [](size_t bytes) { return bytes > ~0u ? ~0u : static_cast<unsigned>(bytes); };
    const Device& device = context.on();
    const size_t used = locked([&] { return device.used; });
    if (free != nullptr) *free = cut(device.memory - used);
    if (total != nullptr) *total = cut(device.memory);
    return CUDA_SUCCESS;
  });
}

extern "C" CUresult CUDAAPI cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr address) {
  return in_context(__func__, [&](Context&) {
    return locked([&] {
      const Block* block = find_block(address);
      if (block == nullptr || block->kind == Kind::registered) return CUDA_ERROR_NOT_FOUND;
      if (base != nullptr) *base = block->base;
      if (bytes != nullptr) *bytes = block->bytes;
      return CUDA_SUCCESS;
    });
  });
}

extern "C" CUresult CUDAAPI cuMemGetAddressRange(CUdeviceptr_v1* base, unsigned int* bytes,
                                                 CUdeviceptr_v1 address) {
  return in_context(__func__, [&](Context&) {
    return locked([&] {
      const Block* block = find_block(address);
      if (block == nullptr || block->kind == Kind::registered) return CUDA_ERROR_NOT_FOUND;
      if (base != nullptr) *base = static_cast<CUdeviceptr_v1>(block->base);
      if (bytes != nullptr) *bytes = static_cast<unsigned>(block->bytes);
      return CUDA_SUCCESS;
    });
  });
}
