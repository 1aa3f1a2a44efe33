#include "heap/host.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "device/context.hpp"
#include "heap/blocks.hpp"

namespace simcuda {
namespace {

size_t page_bytes() {
  static const auto bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

Block host_block(Context& context, void* begin, size_t bytes, Kind kind, unsigned flags) {
  Block block;
  block.base = reinterpret_cast<CUdeviceptr>(begin);
  block.bytes = bytes;
  block.kind = kind;
  block.device = context.device;
  block.context = &context;
  block.backing = static_cast<std::byte*>(begin);
  block.flags = flags;
  return block;
}

// Whether the pages of a range exist.
bool mapped(uint64_t begin, size_t bytes) {
  const uint64_t first = begin / page_bytes() * page_bytes();
  const size_t length = begin + bytes - first;
  std::vector<unsigned char> resident((length + page_bytes() - 1) / page_bytes());
  return mincore(reinterpret_cast<void*>(first), length, resident.data()) == 0;
}

}  // namespace

CUresult allocate_pinned(Context& context, size_t bytes, unsigned flags, Block& block) {
  void* place = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) return CUDA_ERROR_OUT_OF_MEMORY;
  block = host_block(context, place, bytes, Kind::pinned, flags);
  add_block(block);
  return CUDA_SUCCESS;
}

void free_pinned(const Block& block) {
  const Block gone = block;
  remove_block(gone.base);
  munmap(gone.backing, gone.bytes);
}

CUresult register_host(Context& context, void* begin, size_t bytes, unsigned flags) {
  const auto address = reinterpret_cast<uint64_t>(begin);
  if (address + bytes < address || !mapped(address, bytes)) return CUDA_ERROR_INVALID_VALUE;
  Block block = host_block(context, begin, bytes, Kind::registered, flags);
  return add_block(block) ? CUDA_SUCCESS : CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
}

}  // namespace simcuda
