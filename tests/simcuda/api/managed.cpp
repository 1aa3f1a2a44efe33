// Managed memory: allocated, advised, prefetched. Advice and prefetches are kept and answered, nothing moves.
#include <cuda.h>

#include <algorithm>
#include <vector>

#include "base/entry.hpp"
#include "base/lock.hpp"
#include "base/log.hpp"
#include "device/device.hpp"
#include "engine/captures.hpp"
#include "heap/advice.hpp"
#include "heap/blocks.hpp"
#include "heap/heap.hpp"

namespace simcuda {
namespace {

// Under the lock: all of the range is in one managed block (a __managed__ variable too).
bool managed(CUdeviceptr address, size_t bytes) {
  const Block* block = find_block(address);
  return bytes != 0 && block != nullptr && block->kind == Kind::managed && bytes <= block->end() - address;
}

CUmemLocation location_of(CUdevice device) {
  if (device == CU_DEVICE_CPU) return {CU_MEM_LOCATION_TYPE_HOST, 0};
  return {CU_MEM_LOCATION_TYPE_DEVICE, device};
}

// The number the first versions of these calls know it by.
int device_of_location(const CUmemLocation& location) {
  if (location.type == CU_MEM_LOCATION_TYPE_DEVICE) return location.id;
  return location.type == CU_MEM_LOCATION_TYPE_INVALID ? CU_DEVICE_INVALID : CU_DEVICE_CPU;
}

CUresult check(CUmemLocation& location) {
  switch (location.type) {
    case CU_MEM_LOCATION_TYPE_DEVICE:
      return device_of(location.id) == nullptr ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
    case CU_MEM_LOCATION_TYPE_HOST: location.id = 0; return CUDA_SUCCESS;
    case CU_MEM_LOCATION_TYPE_HOST_NUMA: return location.id == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    case CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT:
      location = {CU_MEM_LOCATION_TYPE_HOST_NUMA, 0};
      return CUDA_SUCCESS;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
}

bool takes_location(CUmem_advise what) {
  return what == CU_MEM_ADVISE_SET_PREFERRED_LOCATION || what == CU_MEM_ADVISE_SET_ACCESSED_BY ||
         what == CU_MEM_ADVISE_UNSET_ACCESSED_BY;
}

void apply(Advice& pages, CUmem_advise what, const CUmemLocation& location) {
  switch (what) {
    case CU_MEM_ADVISE_SET_READ_MOSTLY: pages.read_mostly = true; return;
    case CU_MEM_ADVISE_UNSET_READ_MOSTLY: pages.read_mostly = false; return;
    case CU_MEM_ADVISE_SET_PREFERRED_LOCATION: pages.preferred = location; return;
    case CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION: pages.preferred = kNowhere; return;
    case CU_MEM_ADVISE_SET_ACCESSED_BY: pages.accessed_by.insert(device_of_location(location)); return;
    case CU_MEM_ADVISE_UNSET_ACCESSED_BY: pages.accessed_by.erase(device_of_location(location)); return;
  }
}

CUresult advise(CUdeviceptr address, size_t bytes, CUmem_advise what, CUmemLocation location) {
  if (what < CU_MEM_ADVISE_SET_READ_MOSTLY || what > CU_MEM_ADVISE_UNSET_ACCESSED_BY)
    return CUDA_ERROR_INVALID_VALUE;
  if (takes_location(what)) {
    if (const CUresult wrong = check(location); wrong != CUDA_SUCCESS) return wrong;
  }
  return locked([&] {
    if (!managed(address, bytes)) return CUDA_ERROR_INVALID_VALUE;
    advice().change(address, bytes, [&](Advice& pages) { apply(pages, what, location); });
    return CUDA_SUCCESS;
  });
}

CUresult prefetch(Context& context, CUdeviceptr address, size_t bytes, CUmemLocation location,
                  CUstream handle, bool per_thread) {
  const auto stream = engine::find_stream(handle, context.handle(), per_thread);
  if (stream == nullptr) return CUDA_ERROR_INVALID_HANDLE;
  if (engine::capture_of(stream) != nullptr) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (const CUresult wrong = check(location); wrong != CUDA_SUCCESS) return wrong;
  return locked([&] {
    if (!managed(address, bytes)) return CUDA_ERROR_INVALID_VALUE;
    advice().change(address, bytes, [&](Advice& pages) { pages.prefetched = location; });
    return CUDA_SUCCESS;
  });
}

// The location all pages agree on, kNowhere if they do not.
CUmemLocation agreed(CUdeviceptr address, size_t bytes, CUmemLocation Advice::*which) {
  CUmemLocation common = kNowhere;
  bool first = true;
  advice().each(address, bytes, [&](const Advice& pages) {
    common = first || same(common, pages.*which) ? pages.*which : kNowhere;
    first = false;
  });
  return common;
}

int all_read_mostly(CUdeviceptr address, size_t bytes) {
  bool all = true;
  advice().each(address, bytes, [&](const Advice& pages) { all = all && pages.read_mostly; });
  return all ? 1 : 0;
}

void list_accessed_by(CUdeviceptr address, size_t bytes, int* list, size_t room) {
  std::set<int> common;
  bool first = true;
  advice().each(address, bytes, [&](const Advice& pages) {
    if (first) common = pages.accessed_by;
    std::erase_if(common, [&](int device) { return !pages.accessed_by.contains(device); });
    first = false;
  });
  std::fill_n(list, room, int{CU_DEVICE_INVALID});
  std::copy_n(common.begin(), std::min(room, common.size()), list);
}

// Under the lock.
CUresult range_attribute(void* data, size_t size, CUmem_range_attribute attribute, CUdeviceptr address,
                         size_t bytes) {
  if (data == nullptr || !managed(address, bytes)) return CUDA_ERROR_INVALID_VALUE;
  auto* number = static_cast<int*>(data);
  if (attribute == CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY) {
    if (size == 0 || size % sizeof(int) != 0) return CUDA_ERROR_INVALID_VALUE;
    list_accessed_by(address, bytes, number, size / sizeof(int));
    return CUDA_SUCCESS;
  }
  if (size != sizeof(int)) return CUDA_ERROR_INVALID_VALUE;
  const CUmemLocation preferred = agreed(address, bytes, &Advice::preferred);
  const CUmemLocation prefetched = agreed(address, bytes, &Advice::prefetched);
  switch (attribute) {
    case CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY: *number = all_read_mostly(address, bytes); break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION: *number = device_of_location(preferred); break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION: *number = device_of_location(prefetched); break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE: *number = preferred.type; break;
    case CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID: *number = preferred.id; break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE: *number = prefetched.type; break;
    case CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID: *number = prefetched.id; break;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}

}  // namespace
}  // namespace simcuda

using namespace simcuda;

extern "C" CUresult CUDAAPI cuMemAllocManaged(CUdeviceptr* address, size_t bytes, unsigned int flags) {
  return in_context(__func__, [&](Context& context) -> CUresult {
    const bool known =
        flags == CU_MEM_ATTACH_GLOBAL || flags == CU_MEM_ATTACH_HOST || flags == CU_MEM_ATTACH_SINGLE;
    if (address == nullptr || bytes == 0 || !known) return CUDA_ERROR_INVALID_VALUE;
    Block block;
    const CUresult result = locked([&] { return allocate_managed(context, bytes, flags, block); });
    if (result == CUDA_SUCCESS) *address = block.base;
    note_call("%zu bytes at 0x%llx", bytes, block.base);
    return result;
  });
}

extern "C" CUresult CUDAAPI cuMemAdvise(CUdeviceptr address, size_t bytes, CUmem_advise what,
                                        CUdevice device) {
  return in_context(__func__, [&](Context&) { return advise(address, bytes, what, location_of(device)); });
}
extern "C" CUresult CUDAAPI cuMemAdvise_v2(CUdeviceptr address, size_t bytes, CUmem_advise what,
                                           CUmemLocation location) {
  return in_context(__func__, [&](Context&) { return advise(address, bytes, what, location); });
}

extern "C" CUresult CUDAAPI cuMemPrefetchAsync(CUdeviceptr address, size_t bytes, CUdevice device,
                                               CUstream stream) {
  return in_context(__func__, [&](Context& context) {
    return prefetch(context, address, bytes, location_of(device), stream, false);
  });
}
extern "C" CUresult CUDAAPI cuMemPrefetchAsync_ptsz(CUdeviceptr address, size_t bytes, CUdevice device,
                                                    CUstream stream) {
  return in_context(__func__, [&](Context& context) {
    return prefetch(context, address, bytes, location_of(device), stream, true);
  });
}
extern "C" CUresult CUDAAPI cuMemPrefetchAsync_v2(CUdeviceptr address, size_t bytes, CUmemLocation location,
                                                  unsigned int flags, CUstream stream) {
  return in_context(__func__, [&](Context& context) {
    return flags != 0 ? CUDA_ERROR_INVALID_VALUE : prefetch(context, address, bytes, location, stream, false);
  });
}
extern "C" CUresult CUDAAPI cuMemPrefetchAsync_v2_ptsz(CUdeviceptr address, size_t bytes,
                                                       CUmemLocation location, unsigned int flags,
                                                       CUstream stream) {
  return in_context(__func__, [&](Context& context) {
    return flags != 0 ? CUDA_ERROR_INVALID_VALUE : prefetch(context, address, bytes, location, stream, true);
  });
}

extern "C" CUresult CUDAAPI cuMemRangeGetAttribute(void* data, size_t size, CUmem_range_attribute attribute,
                                                   CUdeviceptr address, size_t bytes) {
  return in_context(__func__, [&](Context&) {
    return locked([&] { return range_attribute(data, size, attribute, address, bytes); });
  });
}

extern "C" CUresult CUDAAPI cuMemRangeGetAttributes(void** data, size_t* sizes,
                                                    CUmem_range_attribute* attributes, size_t count,
                                                    CUdeviceptr address, size_t bytes) {
  return in_context(__func__, [&](Context&) {
    if (data == nullptr || sizes == nullptr || attributes == nullptr || count == 0)
      return CUDA_ERROR_INVALID_VALUE;
    return locked([&] {
      for (size_t i = 0; i < count; ++i) {
        const CUresult result = range_attribute(data[i], sizes[i], attributes[i], address, bytes);
        if (result != CUDA_SUCCESS) return result;
      }
      return CUDA_SUCCESS;
    });
  });
}
