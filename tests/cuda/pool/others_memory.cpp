// What the pool keeps is not missing where it does not serve: calls that find no memory succeed as they do without weir, and
// one that fails without weir fails with the same code, once, and writes nothing.
//
// env SIMCUDA_MEMORY=384M
// env WEIR_DEVICE_IDLE_MAX=1G
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_DEVICE_POOL=slab
// expect live_in("device", "main") == (0, 0)
// expect report["fragmentation"]["device"][0]["pool"]["rescued_others"] >= 10
#include "device.hpp"

namespace {

constexpr size_t kMiB = 1 << 20;
const char kCode[] =
    ".version 7.0\n.target sm_70\n.address_size 64\n.visible .entry nothing() { ret; }\n";

/// Most of the device is freed, and kept by the pool.
void fill() {
  OK(cuCtxSynchronize());
  const CUdeviceptr block = allocate(240 * kMiB);
  OK(cuMemFree(block));
  MUST(simcuda_live_bytes(0, SIMCUDA_DEVICE) >= 240 * kMiB);
}
bool is_empty() { return simcuda_live_bytes(0, SIMCUDA_DEVICE) < 100 * kMiB; }

/// `call` has no memory the first time, as if the driver needed some.
template <class Call>
void second_time(const char* function, Call call) {
  fill();
  const auto calls = simcuda_calls(function);
  simcuda_fail(function, 1, 1, CUDA_ERROR_OUT_OF_MEMORY, 0);
  const CUresult result = call();
  simcuda_forget_orders();
  if (result != CUDA_SUCCESS || !is_empty() || simcuda_calls(function) != calls + 2) {
    std::printf("%s: %d, %llu calls\n", function, result, simcuda_calls(function) - calls);
    std::exit(1);
  }
}

}  // namespace

int main() {
  const CUcontext context = start();
  CUstream stream = make_stream();
  CUdeviceptr block = 5;
  size_t pitch = 7;
  fill();
  OK(cuMemAllocPitch(&block, &pitch, 4096, 25 * 1024, 4));
  OK(cuMemFree(block));
  fill();
  OK(cuMemAllocManaged(&block, 100 * kMiB, CU_MEM_ATTACH_GLOBAL));
  OK(cuMemFree(block));
  fill();
  OK(cuMemAllocAsync(&block, 100 * kMiB, stream));
  OK(cuMemFreeAsync(block, stream));
  OK(cuStreamSynchronize(stream));
  CUmemAllocationProp wanted{};
  wanted.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  wanted.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  CUmemGenericAllocationHandle physical;
  fill();
  OK(cuMemCreate(&physical, 100 * kMiB, &wanted, 0));
  OK(cuMemRelease(physical));
  MUST(cuMemCreate(&physical, 100 * kMiB, nullptr, 0) == CUDA_ERROR_INVALID_VALUE);
  CUmemoryPool pool;
  MUST(cuMemPoolCreate(&pool, nullptr) == CUDA_ERROR_INVALID_VALUE);
  CUDA_ARRAY_DESCRIPTOR flat{4096, 6400, CU_AD_FORMAT_FLOAT, 1};
  CUarray array;
  fill();
  OK(cuArrayCreate(&array, &flat));
  OK(cuArrayDestroy(array));

  // Beyond the device: refused as natively. Nothing is idle then, so the driver is called once.
  block = 5, pitch = 7;
  OK(cuCtxSynchronize());
  MUST(cuMemAllocPitch(&block, &pitch, 1 << 20, 1024, 4) == CUDA_ERROR_OUT_OF_MEMORY && block == 5 && pitch == 7);
  const auto before = simcuda_calls("cuMemAllocPitch_v2");
  MUST(cuMemAllocPitch(&block, &pitch, 1 << 20, 1024, 4) == CUDA_ERROR_OUT_OF_MEMORY && block == 5 && pitch == 7);
  MUST(simcuda_calls("cuMemAllocPitch_v2") == before + 1);

  CUmodule module;
  CUfunction nothing;
  CUgraph graph;
  CUgraphExec executable;
  CUstream another;
  CUcontext same;
  second_time("cuModuleLoadData", [&] { return cuModuleLoadData(&module, kCode); });
  second_time("cuModuleGetFunction", [&] { return cuModuleGetFunction(&nothing, module, "nothing"); });
  second_time("cuLaunchKernel",
              [&] { return cuLaunchKernel(nothing, 1, 1, 1, 1, 1, 1, 0, stream, nullptr, nullptr); });
  second_time("cuStreamCreate", [&] { return cuStreamCreate(&another, CU_STREAM_NON_BLOCKING); });
  second_time("cuDevicePrimaryCtxRetain", [&] { return cuDevicePrimaryCtxRetain(&same, 0); });
  MUST(same == context);
  OK(cuGraphCreate(&graph, 0));
  second_time("cuGraphInstantiateWithFlags", [&] { return cuGraphInstantiateWithFlags(&executable, graph, 0); });
  second_time("cuGraphLaunch", [&] { return cuGraphLaunch(executable, stream); });

  // The device is the one that is named: no context need be current.
  CUcontext popped;
  CUmemPoolProps props{};
  props.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  props.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
  second_time("cuMemPoolCreate", [&] {
    OK(cuCtxSynchronize());  // proves what was freed: without a context nothing is looked at
    OK(cuCtxPopCurrent(&popped));
    const CUresult result = cuMemPoolCreate(&pool, &props);
    OK(cuCtxPushCurrent(popped));
    return result;
  });

  // What takes no memory is called once, whatever it says.
  size_t free, total;
  fill();
  const auto asked = simcuda_calls("cuMemGetInfo_v2");
  simcuda_fail("cuMemGetInfo_v2", 1, 1, CUDA_ERROR_OUT_OF_MEMORY, 0);
  MUST(cuMemGetInfo(&free, &total) == CUDA_ERROR_OUT_OF_MEMORY && simcuda_calls("cuMemGetInfo_v2") == asked + 1 && !is_empty());

  // Another error is not asked for twice, and gives nothing back.
  fill();
  simcuda_fail("cuModuleLoadData", 1, 1, CUDA_ERROR_INVALID_IMAGE, 0);
  MUST(cuModuleLoadData(&module, kCode) == CUDA_ERROR_INVALID_IMAGE && !is_empty());
  // While a stream is captured nothing is given back.
  OK(cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  simcuda_fail("cuModuleLoadData", 1, 1, CUDA_ERROR_OUT_OF_MEMORY, 0);
  MUST(cuModuleLoadData(&module, kCode) == CUDA_ERROR_OUT_OF_MEMORY && !is_empty());
  OK(cuStreamEndCapture(stream, &graph));
  return done();
}
