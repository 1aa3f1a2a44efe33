// Pools across processes. The pool's file only says which pool it is; a pointer's export data says where in the
// exporting process its segment is, and the importer opens it there. So the exporter must live at that moment.
#include <unistd.h>

#include <cstring>

#include "base/lock.hpp"
#include "heap/blocks.hpp"
#include "memory/imports.hpp"
#include "memory/pool.hpp"

namespace simcuda::memory {
namespace {

constexpr std::uint64_t kMagic = 0x73696d706f6f6c70ULL;

CUresult release_import(CUdeviceptr base) {
  return locked([&] { return unmap_import(base) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE; });
}

}  // namespace

CUresult Pool::share(int* descriptor, CUmemAllocationHandleType type) {
  bool offered = type == CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR && (properties_.handleTypes & type) != 0;
  if (is_import() || !offered) return CUDA_ERROR_INVALID_VALUE;
  if (!file_) file_ = SharedMemory::create(SharedMemory::Kind::Pool, 0, &properties_, sizeof properties_);
  int copy = file_ ? file_.duplicate() : -1;
  if (copy < 0) return CUDA_ERROR_OUT_OF_MEMORY;
  *descriptor = copy;
  return CUDA_SUCCESS;
}

CUresult Pool::export_pointer(Export* data, CUdeviceptr base) const {
  auto used = blocks_.used_block(base);
  if (!file_ || !used || used->first != base) return CUDA_ERROR_INVALID_VALUE;  // not an exported pool
  auto segment = std::prev(segments_.upper_bound(base));
  const SharedMemory& file = segment->second.physical->file();
  *data = {.magic = kMagic,
           .pool = file_.label().serial,
           .segment = file.label().serial,
           .offset = base - segment->first,
           .bytes = used->second.requested,
           .process = getpid(),
           .descriptor = file.descriptor()};
  return CUDA_SUCCESS;
}

CUresult Pool::import_pointer(CUdeviceptr* base, const Export& data) {
  if (!is_import() || data.magic != kMagic || data.pool != imported_) return CUDA_ERROR_INVALID_VALUE;
  SharedMemory segment =
      SharedMemory::open_of_process(data.process, data.descriptor, data.segment, SharedMemory::Kind::Segment);
  if (!segment || data.offset > segment.bytes() || data.bytes > segment.bytes() - data.offset) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  Block model;
  model.device = properties_.location.type == CU_MEM_LOCATION_TYPE_DEVICE ? properties_.location.id : 0;
  model.pool = handle();
  model.release = release_import;
  FileRange range{.descriptor = segment.descriptor(), .offset = data.offset, .bytes = data.bytes};
  CUdeviceptr address = locked([&] { return map_import(range, model); });
  if (address == 0) return CUDA_ERROR_OUT_OF_MEMORY;
  *base = address;
  return CUDA_SUCCESS;
}

}  // namespace simcuda::memory
