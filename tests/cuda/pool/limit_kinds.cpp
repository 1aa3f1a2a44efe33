// What goes beyond WEIR_DEVICE_LIMIT fails as on a full device, for every kind of device memory: the driver is not called and
// nothing is written. Other memory has no limit. What is freed can be had again.
//
// env SIMCUDA_MEMORY=512M
// run with: WEIR_DEVICE_LIMIT=64M
// run with: WEIR_DEVICE_LIMIT=64M WEIR_DEVICE_POOL=off
// run with: WEIR_DEVICE_LIMIT=64M WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_LIMIT=25% SIMCUDA_MEMORY=256M
// bare: no
// expect live_in("device", "main") == (0, 0)
// expect all(it["limit_bytes"] == 64 << 20 and it["result"] == 2 for it in report["out_of_memory"][:12])
// expect report["out_of_memory"][0]["asked_bytes"] == (4 << 20) + 1 and report["out_of_memory"][0]["times"] == 3
// expect report["out_of_memory"][0]["driver_total_bytes"] == report["devices"][0]["total_bytes"] >= 256 << 20
#include "device.hpp"

namespace {

constexpr size_t kMiB = 1 << 20;

/// `make` writes a handle or an address on success, as the driver does; `function` is the driver's.
template <class Handle, class Make>
void refuses(const char* function, Make make) {
  Handle handle{};
  const Handle before = handle;
  const auto calls = simcuda_calls(function);
  const CUresult result = make(&handle);
  if (result != CUDA_ERROR_OUT_OF_MEMORY || simcuda_calls(function) != calls || handle != before) {
    std::printf("%s: %d, %llu calls\n", function, result, simcuda_calls(function) - calls);
    std::exit(1);
  }
}

}  // namespace

int main() {
  start();
  const CUdeviceptr most = allocate(60 * kMiB);
  CUstream stream = make_stream();
  CUmemoryPool pool;
  CUmemPoolProps props{};
  props.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  props.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  OK(cuMemPoolCreate(&pool, &props));
  CUmemAllocationProp wanted{};
  wanted.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  wanted.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  CUDA_ARRAY_DESCRIPTOR flat{1024, 2048, CU_AD_FORMAT_FLOAT, 1};
  CUDA_ARRAY3D_DESCRIPTOR deep{1024, 1024, 2, CU_AD_FORMAT_FLOAT, 1, 0};

  for (int round = 0; round != 3; ++round) {
    refuses<CUdeviceptr>("cuMemAlloc_v2", [](CUdeviceptr* it) { return cuMemAlloc(it, 4 * kMiB + 1); });
    refuses<CUdeviceptr>("cuMemAlloc_v2", [](CUdeviceptr* it) { return cuMemAlloc(it, 65 * kMiB); });
    refuses<CUdeviceptr>("cuMemAlloc_v2", [](CUdeviceptr* it) { return cuMemAlloc(it, ~size_t{0}); });
    size_t pitch = 7;
    refuses<CUdeviceptr>("cuMemAllocPitch_v2",
                         [&](CUdeviceptr* it) { return cuMemAllocPitch(it, &pitch, 4096, 1025, 4); });
    MUST(pitch == 7);
    refuses<CUdeviceptr>("cuMemAllocAsync", [&](CUdeviceptr* it) { return cuMemAllocAsync(it, 5 * kMiB, stream); });
    refuses<CUdeviceptr>("cuMemAllocFromPoolAsync",
                         [&](CUdeviceptr* it) { return cuMemAllocFromPoolAsync(it, 5 * kMiB, pool, stream); });
    refuses<CUmemGenericAllocationHandle>(
        "cuMemCreate", [&](CUmemGenericAllocationHandle* it) { return cuMemCreate(it, 6 * kMiB, &wanted, 0); });
    refuses<CUarray>("cuArrayCreate_v2", [&](CUarray* it) { return cuArrayCreate(it, &flat); });
    refuses<CUarray>("cuArray3DCreate_v2", [&](CUarray* it) { return cuArray3DCreate(it, &deep); });
    refuses<CUmipmappedArray>("cuMipmappedArrayCreate",
                              [&](CUmipmappedArray* it) { return cuMipmappedArrayCreate(it, &deep, 2); });
  }

  // What the driver would refuse for another reason is refused for that one.
  CUdeviceptr block = 0;
  MUST(cuMemAlloc(nullptr, 65 * kMiB) == CUDA_ERROR_INVALID_VALUE && cuMemAlloc(&block, 0) == CUDA_ERROR_INVALID_VALUE);
  CUcontext context;
  OK(cuCtxPopCurrent(&context));
  MUST(cuMemAlloc(&block, 65 * kMiB) == CUDA_ERROR_INVALID_CONTEXT);
  OK(cuCtxPushCurrent(context));

  // Exactly as much as there is, no matter how: the room of what was refused is not taken.
  CUdeviceptr last = allocate(4 * kMiB);
  MUST(cuMemAlloc(&block, 1) == CUDA_ERROR_OUT_OF_MEMORY);
  OK(cuMemFree(last));
  OK(cuMemAllocAsync(&last, 4 * kMiB, stream));
  MUST(cuMemAlloc(&block, 1) == CUDA_ERROR_OUT_OF_MEMORY);
  OK(cuMemFreeAsync(last, stream));
  flat.Height = 1024;
  CUarray array;
  OK(cuArrayCreate(&array, &flat));
  MUST(cuMemAlloc(&block, 1) == CUDA_ERROR_OUT_OF_MEMORY);
  OK(cuArrayDestroy(array));
  // The driver's own refusal takes no room either.
  simcuda_fail("cuMemAlloc_v2", 1, 1000, CUDA_ERROR_OUT_OF_MEMORY, 0);
  MUST(cuMemAlloc(&block, 3 * kMiB) == CUDA_ERROR_OUT_OF_MEMORY || cuMemFree(block) == CUDA_SUCCESS);
  simcuda_forget_orders();

  // No limit: managed and host memory.
  CUdeviceptr managed;
  void* host;
  OK(cuMemAllocManaged(&managed, 100 * kMiB, CU_MEM_ATTACH_GLOBAL));
  OK(cuMemAllocHost(&host, 100 * kMiB));
  last = allocate(4 * kMiB);
  OK(cuMemFree(last));
  OK(cuMemFree(managed));
  OK(cuMemFreeHost(host));
  OK(cuMemFree(most));
  const CUdeviceptr all = allocate(64 * kMiB);
  OK(cuMemFree(all));
  OK(cuMemPoolDestroy(pool));
  return done();
}
