#include "memory/external.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <vector>

#include "base/lock.hpp"
#include "device/context.hpp"
#include "device/drain.hpp"
#include "heap/blocks.hpp"
#include "memory/imports.hpp"

namespace simcuda::memory {
namespace {

struct External {
  int descriptor = -1;
  std::size_t bytes = 0;
};

std::map<CUexternalMemory, External>& externals() {
  static auto& all = *new std::map<CUexternalMemory, External>;
  return all;
}

/// cuMemFree of a buffer: waits like that of any other memory.
CUresult release_buffer(CUdeviceptr base) {
  Context* context = locked([&]() -> Context* {
    const Block* block = block_at(base);
    return block == nullptr ? nullptr : block->context;
  });
  if (context == nullptr) return CUDA_ERROR_INVALID_VALUE;
  CUresult left = drain(*context);
  if (left != CUDA_SUCCESS) return left;
  return locked([&] { return unmap_import(base) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE; });
}

void drop_buffers(Context& context) {
  locked([&] {
    std::vector<CUdeviceptr> mine;
    for (const auto& [base, block] : all_blocks()) {
      if (block.context == &context && block.release == release_buffer) mine.push_back(base);
    }
    for (CUdeviceptr base : mine) unmap_import(base);
  });
}

[[maybe_unused]] const bool registered = at_context_end(EndPhase::memory, drop_buffers);

}  // namespace

CUresult import_external(CUexternalMemory* handle, const CUDA_EXTERNAL_MEMORY_HANDLE_DESC& wanted) {
  if (wanted.type < CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD ||
      wanted.type > CU_EXTERNAL_MEMORY_HANDLE_TYPE_DMABUF_FD) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  if (wanted.type != CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD) return CUDA_ERROR_NOT_SUPPORTED;
  if (wanted.size == 0 || (wanted.flags & ~CUDA_EXTERNAL_MEMORY_DEDICATED) != 0)
    return CUDA_ERROR_INVALID_VALUE;
  struct stat status = {};
  int descriptor = wanted.handle.fd;
  if (fstat(descriptor, &status) != 0) return CUDA_ERROR_INVALID_HANDLE;
  bool large_enough =
      S_ISREG(status.st_mode) && static_cast<unsigned long long>(status.st_size) >= wanted.size;
  if (!large_enough) return CUDA_ERROR_INVALID_VALUE;
  static std::uintptr_t last = 0x45000000;
  last += 16;
  *handle = reinterpret_cast<CUexternalMemory>(last);
  externals().emplace(*handle, External{.descriptor = descriptor, .bytes = wanted.size});
  return CUDA_SUCCESS;
}

CUresult map_buffer(CUdeviceptr* base, CUexternalMemory handle,
                    const CUDA_EXTERNAL_MEMORY_BUFFER_DESC& wanted, Context& context) {
  auto found = externals().find(handle);
  if (found == externals().end()) return CUDA_ERROR_INVALID_HANDLE;
  const External& external = found->second;
  bool inside = wanted.offset <= external.bytes && wanted.size <= external.bytes - wanted.offset;
  if (wanted.size == 0 || !inside || wanted.flags != 0) return CUDA_ERROR_INVALID_VALUE;
  Block model;
  model.device = context.device;
  model.context = &context;
  model.release = release_buffer;
  FileRange range{.descriptor = external.descriptor, .offset = wanted.offset, .bytes = wanted.size};
  CUdeviceptr address = map_import(range, model);
  if (address == 0) return CUDA_ERROR_INVALID_VALUE;
  *base = address;
  return CUDA_SUCCESS;
}

CUresult destroy_external(CUexternalMemory handle) {
  auto found = externals().extract(handle);
  if (found.empty()) return CUDA_ERROR_INVALID_HANDLE;
  close(found.mapped().descriptor);  // its buffers are mapped, and need it no more
  return CUDA_SUCCESS;
}

}  // namespace simcuda::memory
