// Sizes and attributes of pooled blocks are those of the program's own requests, live, freed and handed out again: what is
// printed is the same without weir. So are the answers to null pointers, and to addresses that nobody has.
//
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_POOL=pow2
// run with: WEIR_DEVICE_POOL=slab
// run with: WEIR_DEVICE_POOL=slab WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_POOL=off
#include "device.hpp"

#include <cstring>

namespace {

struct Range {
  CUresult result;
  CUdeviceptr begin;
  size_t bytes;
};

Range range(CUdeviceptr address, bool with_begin = true, bool with_bytes = true) {
  Range it{CUDA_SUCCESS, 7, 7};
  it.result = cuMemGetAddressRange(with_begin ? &it.begin : nullptr, with_bytes ? &it.bytes : nullptr, address);
  return it;
}

/// Both forms of the question, at one address.
void tell_attributes(const char* what, CUdeviceptr block, CUdeviceptr address, bool is_every) {
  size_t bytes = 7, listed = 7;
  CUdeviceptr begin = 7;
  unsigned type = 7;
  int ordinal = 7;
  CUpointer_attribute names[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_RANGE_SIZE,
                                 CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL};
  void* data[] = {&type, &listed, &begin, &ordinal};
  const CUresult one = cuPointerGetAttribute(&bytes, CU_POINTER_ATTRIBUTE_RANGE_SIZE, address);
  const CUresult list = cuPointerGetAttributes(4, names, data, address);
  std::printf("%s: size %d %zu, list %d: type %u size %zu begin %lld ordinal %d\n", what, one, bytes, list, type, listed,
              begin > 7 ? static_cast<long long>(begin - block) : -1, ordinal);
  if (!is_every) return;
  type = 7;
  const CUresult single = cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, address);
  const CUresult nothing = cuPointerGetAttribute(nullptr, CU_POINTER_ATTRIBUTE_RANGE_SIZE, address);
  std::printf("%s: type %d %u, null %d\n", what, single, type, nothing);
}

void tell_range(const char* what, CUdeviceptr block, CUdeviceptr address) {
  const Range both = range(address), begin = range(address, true, false), bytes = range(address, false, true);
  const Range neither = range(address, false, false);
  const auto offset = [&](const Range& it) { return it.begin > 7 ? static_cast<long long>(it.begin - block) : -1; };
  std::printf("%s: %d %lld %zu, %d %lld %zu, %d %lld %zu, %d\n", what, both.result, offset(both), both.bytes,
              begin.result, offset(begin), begin.bytes, bytes.result, offset(bytes), bytes.bytes, neither.result);
}

void tell(const char* what, CUdeviceptr block, size_t bytes) {
  tell_range(what, block, block);
  tell_range(what, block, block + bytes - 1);
  tell_attributes(what, block, block, true);
  tell_attributes(what, block, block + bytes / 2, false);
}

}  // namespace

int main() {
  start();
  for (const size_t bytes : {1UL, 100UL, 513UL, 5000UL, 65000UL, 300000UL, 1100000UL, (2UL << 20) + 1, (5UL << 20) + 12345}) {
    std::printf("%zu bytes\n", bytes);
    const CUdeviceptr first = allocate(bytes);
    tell("live", first, bytes);
    OK(cuMemFree(first));
    OK(cuCtxSynchronize());
    tell("freed", first, bytes);
    const size_t less = bytes - bytes / 100;
    const CUdeviceptr again = allocate(less);
    tell("again", again, less);
    OK(cuMemFree(again));
    OK(cuCtxSynchronize());
  }
  for (const size_t bytes : {1UL, 5000UL, 70001UL, 1000001UL}) {
    void* host = nullptr;
    OK(cuMemHostAlloc(&host, bytes, CU_MEMHOSTALLOC_PORTABLE));
    const auto block = reinterpret_cast<CUdeviceptr>(host);
    tell("pinned", block, bytes);
    OK(cuMemFreeHost(host));
    OK(cuCtxSynchronize());
    tell("freed", block, bytes);
  }
  CUdeviceptr managed = 0;
  OK(cuMemAllocManaged(&managed, 10000, CU_MEM_ATTACH_GLOBAL));
  tell("managed", managed, 10000);
  OK(cuMemFree(managed));
  int host = 0;
  tell_attributes("stranger", 0, reinterpret_cast<CUdeviceptr>(&host), true);
  return done();
}
