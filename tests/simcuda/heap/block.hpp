// One allocation as the program sees it: an address range of the unified address space.
#pragma once
#include <cuda.h>

#include <cstddef>
#include <cstdint>

namespace simcuda {

class Context;

enum class Kind {
  device,      // cuMemAlloc, cuMemAllocPitch
  managed,     // cuMemAllocManaged
  pinned,      // cuMemHostAlloc, cuMemAllocHost
  registered,  // cuMemHostRegister
  pool,        // cuMemAllocAsync, cuMemAllocFromPoolAsync, memory nodes of graphs
  mapped,      // cuMemMap
  imported,    // cuIpcOpenMemHandle, cuExternalMemoryGetMappedBuffer, cuMemPoolImportPointer
  global,      // a module's variables
};
constexpr int kKinds = static_cast<int>(Kind::global) + 1;

struct Block {
  CUdeviceptr base = 0;
  size_t bytes = 0;  // as asked for
  Kind kind = Kind::device;
  int device = 0;
  Context* context = nullptr;  // whose end frees it; null: belongs to no context (pool, mapped)
  std::byte* backing =
      nullptr;         // where the bytes are, for us; the program's address is not readable for device kinds
  unsigned flags = 0;  // of cuMemHostAlloc, cuMemHostRegister, cuMemAllocManaged
  uint64_t id = 0;     // CU_POINTER_ATTRIBUTE_BUFFER_ID: given by add_block, never used twice
  bool sync_memops = false;    // CU_POINTER_ATTRIBUTE_SYNC_MEMOPS
  void* pool = nullptr;        // CUmemoryPool of Kind::pool
  bool on_host = false;        // Kind::pool, Kind::mapped: host memory, and the host may touch it
  unsigned handle_types = 0;   // CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES
  CUdeviceptr range_base = 0;  // Kind::mapped: the reservation around it; range_bytes 0: the block itself
  size_t range_bytes = 0;
  uint64_t memory_id = 0;  // CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID of what is mapped; 0: id
  int fd = -1;             // the memory behind it as a file, with its place in it: for sharing with processes
  uint64_t fd_offset = 0;
  // What cuMemFree does with a block of a kind that heap/ does not own; the block is still entered. Not under the
  // lock. Null: cuMemFree answers CUDA_ERROR_INVALID_VALUE.
  CUresult (*release)(CUdeviceptr base) = nullptr;

  CUdeviceptr end() const { return base + bytes; }
  bool host_readable() const {
    return kind == Kind::managed || kind == Kind::pinned || kind == Kind::registered || on_host;
  }
};

}  // namespace simcuda
