// New managed memory, the program's own and what takes device memory's place, gets the advice and the prefetch that the user
// wants, for the current device. What the driver refuses of it is not the program's concern; nothing waits, nothing happens
// while a stream is captured, and no stream is left over.
//
// env SIMCUDA_DEVICES=2
// env SIMCUDA_MEMORY=256M
// env SIMCUDA_CONTEXT_BYTES=64M
// run with: WEIR_MANAGED_ADVISE=preferred_location
// run with: WEIR_MANAGED_ADVISE=read_mostly WEIR_MANAGED_PREFETCH=aggressive
// run with: WEIR_MANAGED_ADVISE=accessed_by WEIR_MANAGED_PREFETCH=adaptive
// run with: WEIR_MANAGED_PREFETCH=aggressive
// run with: WEIR_MANAGED_PREFETCH=adaptive WEIR_DEVICE_AS=managed
// run with: WEIR_DEVICE_AS=managed
// bare: no
#include "device.hpp"

#include <cstring>
#include <string>

namespace {

constexpr size_t kMiB = 1 << 20;

bool is_set(const char* variable, const char* to) {
  const char* value = std::getenv(variable);
  return value != nullptr && !std::strcmp(value, to);
}
bool advises(const char* what) { return is_set("WEIR_MANAGED_ADVISE", what); }
bool prefetches(const char* how) { return is_set("WEIR_MANAGED_PREFETCH", how); }

int answer(CUmem_range_attribute attribute, CUdeviceptr block, size_t bytes) {
  int value = 7;
  OK(cuMemRangeGetAttribute(&value, sizeof value, attribute, block, bytes));
  return value;
}

struct Tended {
  int preferred, read_mostly, accessed_by, prefetched;
};
Tended of(CUdeviceptr block, size_t bytes) {
  return {answer(CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, block, bytes),
          answer(CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, block, bytes),
          answer(CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, block, bytes),
          answer(CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION, block, bytes)};
}

void must_be(const char* what, const Tended& it, int preferred, int read_mostly, int accessed_by, int prefetched) {
  if (it.preferred == preferred && it.read_mostly == read_mostly && it.accessed_by == accessed_by && it.prefetched == prefetched)
    return;
  std::printf("%s: preferred %d, read mostly %d, accessed by %d, prefetched %d\n", what, it.preferred, it.read_mostly,
              it.accessed_by, it.prefetched);
  std::exit(1);
}

constexpr int kNone = CU_DEVICE_INVALID;

void check(const char* what, CUdeviceptr block, size_t bytes, int device, bool has_advice, bool has_prefetch) {
  must_be(what, of(block, bytes), has_advice && advises("preferred_location") ? device : kNone,
          has_advice && advises("read_mostly") ? 1 : 0, has_advice && advises("accessed_by") ? device : kNone,
          has_prefetch ? device : kNone);
}

CUdeviceptr managed(size_t bytes, unsigned flags = CU_MEM_ATTACH_GLOBAL) {
  CUdeviceptr block = 0;
  OK(cuMemAllocManaged(&block, bytes, flags));
  return block;
}

void on(int device) {
  start(device);
  const bool any = prefetches("aggressive") || prefetches("adaptive");
  CUdeviceptr block = managed(90 * kMiB);  // 192 MiB are free
  check("small", block, 90 * kMiB, device, true, any);
  OK(cuMemFree(block));
  block = managed(100 * kMiB);
  check("large", block, 100 * kMiB, device, true, prefetches("aggressive"));
  OK(cuMemFree(block));
  block = managed(1000, CU_MEM_ATTACH_HOST);
  check("attached to the host", block, 1000, device, false, false);
  OK(cuMemFree(block));
  if (is_set("WEIR_DEVICE_AS", "managed")) {
    block = allocate(1000);
    check("converted", block, 1000, device, true, any);
    OK(cuMemFree(block));
  }
}

void with_faults() {
  const bool any = prefetches("aggressive") || prefetches("adaptive");
  const bool is_adaptive = prefetches("adaptive");
  for (const CUresult error : {CUDA_ERROR_UNKNOWN, CUDA_ERROR_OUT_OF_MEMORY, CUDA_ERROR_INVALID_DEVICE}) {
    simcuda_fail("cuMemAdvise", 1, 1000, error, 0);
    CUdeviceptr block = managed(1000);
    check("advice fails", block, 1000, 0, false, any);
    OK(cuMemFree(block));
    simcuda_forget_orders();
    for (const char* function : {"cuMemPrefetchAsync", "cuStreamCreate", "cuMemGetInfo"}) {
      simcuda_fail(function, 1, 1000, error, 0);
      block = managed(1000);
      check(function, block, 1000, 0, true, any && !is_adaptive && !std::strcmp(function, "cuMemGetInfo"));
      simcuda_forget_orders();
      OK(cuMemFree(block));
    }
  }
  // A driver that has only the first versions.
  simcuda_fail("cuMemAdvise_v2", 1, 1000, CUDA_ERROR_NOT_FOUND, 0);
  simcuda_fail("cuMemPrefetchAsync_v2", 1, 1000, CUDA_ERROR_NOT_FOUND, 0);
  const CUdeviceptr block = managed(1000);
  check("first versions", block, 1000, 0, true, any);
  simcuda_forget_orders();
  OK(cuMemFree(block));
}

/// Work that never ends by itself does not hold it up, and is not held up by it.
void beside_work() {
  CUstream blocking;
  OK(cuStreamCreate(&blocking, CU_STREAM_DEFAULT));
  CUdeviceptr target = managed(1000);
  simcuda_hold(blocking);
  OK(cuMemsetD8Async(target, 1, 1000, blocking));
  const CUdeviceptr block = managed(1000);
  check("beside work", block, 1000, 0, true, prefetches("aggressive") || prefetches("adaptive"));
  MUST(simcuda_pending_refs(target, 1000) == 1);
  simcuda_release(blocking);
  OK(cuStreamSynchronize(blocking));
  OK(cuStreamDestroy(blocking));
  OK(cuMemFree(block));
  OK(cuMemFree(target));
}

void in_a_capture() {
  const CUstream stream = make_stream();
  CUgraph graph;
  OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  const CUdeviceptr block = managed(1000);
  check("capture", block, 1000, 0, false, false);
  OK(cuStreamEndCapture(stream, &graph));
  OK(cuGraphDestroy(graph));
  OK(cuStreamDestroy(stream));
  OK(cuMemFree(block));
}

}  // namespace

int main() {
  on(1);
  on(0);
  with_faults();
  beside_work();
  in_a_capture();
  MUST(simcuda_live_blocks(-1, SIMCUDA_MANAGED) == 0);
  // All streams that were made are gone; those whose making was made to fail, one a round, never were.
  const auto made = simcuda_calls("cuStreamCreate"), gone = simcuda_calls("cuStreamDestroy");
  const bool any = prefetches("aggressive") || prefetches("adaptive");
  MUST(made - gone == (any ? 3 : 0));
  return done();
}
