// Devices and their contexts.
#include <cstring>
#include <string>
#include <thread>

#include "tests/driver.hpp"

using namespace simcuda::test;

namespace {

CUcontext retained(CUdevice device) {
  CUcontext context = nullptr;
  EXPECT_EQ(cuDevicePrimaryCtxRetain(&context, device), CUDA_SUCCESS);
  return context;
}

CUcontext current() {
  CUcontext context = nullptr;
  EXPECT_EQ(cuCtxGetCurrent(&context), CUDA_SUCCESS);
  return context;
}

unsigned long long id_of(CUcontext context) {
  unsigned long long id = 0;
  EXPECT_EQ(cuCtxGetId(context, &id), CUDA_SUCCESS);
  return id;
}

bool active(CUdevice device) {
  unsigned flags = 0;
  int active = -1;
  EXPECT_EQ(cuDevicePrimaryCtxGetState(device, &flags, &active), CUDA_SUCCESS);
  return active == 1;
}

TEST(Device, NothingWorksBeforeInitialisation) {
  in_driver({}, [] {
    int number = 0;
    CUdeviceptr address = 77;
    EXPECT_EQ(cuDeviceGetCount(&number), CUDA_ERROR_NOT_INITIALIZED);
    EXPECT_EQ(cuMemAlloc_v2(&address, 1), CUDA_ERROR_NOT_INITIALIZED);
    EXPECT_EQ(address, 77u);
    EXPECT_EQ(cuDriverGetVersion(&number), CUDA_SUCCESS);
    EXPECT_EQ(number, 13000);
    EXPECT_EQ(cuInit(1), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Device, EachHasTheMemoryThatWasAskedForIt) {
  in_driver({{"SIMCUDA_DEVICES", "3"}, {"SIMCUDA_MEMORY", "4G,1G"}}, [] {
    int count = 0;
    size_t bytes[3] = {};
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    EXPECT_EQ(cuDeviceGetCount(&count), CUDA_SUCCESS);
    EXPECT_EQ(count, 3);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(cuDeviceTotalMem_v2(&bytes[i], i), CUDA_SUCCESS);
    EXPECT_EQ(bytes[0], 4 * GiB);
    EXPECT_EQ(bytes[1], 1 * GiB);
    EXPECT_EQ(bytes[2], 1 * GiB);
    CUdevice device = 0;
    EXPECT_EQ(cuDeviceGet(&device, 3), CUDA_ERROR_INVALID_DEVICE);
    EXPECT_EQ(cuDeviceGet(&device, -1), CUDA_ERROR_INVALID_DEVICE);
  });
}

TEST(Device, WithoutDevicesInitialisationSaysSo) {
  in_driver({{"SIMCUDA_DEVICES", "0"}}, [] { EXPECT_EQ(cuInit(0), CUDA_ERROR_NO_DEVICE); });
}

TEST(Device, SaysThatItIsSimulated) {
  in_driver({{"SIMCUDA_DEVICES", "2"}}, [] {
    char name[100] = "";
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    EXPECT_EQ(cuDeviceGetName(name, sizeof name, 1), CUDA_SUCCESS);
    EXPECT_STREQ(name, "simcuda device 1 (simulated)");
  });
}

TEST(Device, DevicesAreToldApartAndFoundByTheirBus) {
  in_driver({{"SIMCUDA_DEVICES", "2"}}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    CUuuid one = {}, other = {};
    EXPECT_EQ(cuDeviceGetUuid_v2(&one, 0), CUDA_SUCCESS);
    EXPECT_EQ(cuDeviceGetUuid_v2(&other, 1), CUDA_SUCCESS);
    EXPECT_NE(std::memcmp(&one, &other, sizeof one), 0);
    char bus[20] = "";
    CUdevice found = -1;
    EXPECT_EQ(cuDeviceGetPCIBusId(bus, sizeof bus, 1), CUDA_SUCCESS);
    EXPECT_EQ(cuDeviceGetByPCIBusId(&found, bus), CUDA_SUCCESS);
    EXPECT_EQ(found, 1);
    EXPECT_EQ(cuDeviceGetByPCIBusId(&found, "0000:7F:00.0"), CUDA_ERROR_INVALID_DEVICE);
    EXPECT_EQ(cuDeviceGetByPCIBusId(&found, "nonsense"), CUDA_ERROR_INVALID_VALUE);
  });
}

TEST(Device, AttributesAreAnsweredOrRefused) {
  in_driver({}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    int value = 0;
    EXPECT_EQ(cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 0), CUDA_SUCCESS);
    EXPECT_EQ(value, 1);
    EXPECT_EQ(cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, 0), CUDA_SUCCESS);
    EXPECT_EQ(value, 1);
    value = 42;
    EXPECT_EQ(cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_MAX, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(value, 42);
    EXPECT_EQ(cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_WARP_SIZE, 5), CUDA_ERROR_INVALID_DEVICE);
  });
}

TEST(Context, CurrentIsAStackPerThread) {
  in_driver({}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    CUcontext one = nullptr, other = nullptr, popped = nullptr;
    ASSERT_EQ(cuCtxCreate_v2(&one, 0, 0), CUDA_SUCCESS);
    ASSERT_EQ(cuCtxCreate_v2(&other, 0, 0), CUDA_SUCCESS);
    EXPECT_NE(id_of(one), id_of(other));
    EXPECT_EQ(current(), other);
    std::thread([] { EXPECT_EQ(current(), nullptr); }).join();
    EXPECT_EQ(cuCtxPushCurrent_v2(one), CUDA_SUCCESS);
    EXPECT_EQ(current(), one);
    EXPECT_EQ(cuCtxPopCurrent_v2(&popped), CUDA_SUCCESS);
    EXPECT_EQ(popped, one);
    EXPECT_EQ(cuCtxSetCurrent(nullptr), CUDA_SUCCESS);
    EXPECT_EQ(current(), one);
    EXPECT_EQ(cuCtxPopCurrent_v2(nullptr), CUDA_SUCCESS);
    EXPECT_EQ(current(), nullptr);
    EXPECT_EQ(cuCtxPopCurrent_v2(nullptr), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(cuCtxPushCurrent_v2(reinterpret_cast<CUcontext>(0x1234)), CUDA_ERROR_INVALID_CONTEXT);
  });
}

TEST(Context, WithoutACurrentOneNothingIsAllocated) {
  in_driver({}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    CUdeviceptr address = 77;
    void* place = &address;
    EXPECT_EQ(cuMemAlloc_v2(&address, 1), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(cuMemHostAlloc(&place, 1, 0), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(cuMemFree_v2(77), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(address, 77u);
    EXPECT_EQ(place, &address);
  });
}

TEST(Context, ADestroyedOneIsRecognised) {
  in_driver({}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    CUcontext context = nullptr;
    ASSERT_EQ(cuCtxCreate_v2(&context, 0, 0), CUDA_SUCCESS);
    CUdeviceptr address = 0;
    std::thread([&] {
      EXPECT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
      std::thread([&] {  // a third thread destroys it: it stays current here
        EXPECT_EQ(cuCtxDestroy_v2(context), CUDA_SUCCESS);
        EXPECT_EQ(cuCtxDestroy_v2(context), CUDA_ERROR_CONTEXT_IS_DESTROYED);
      })
          .join();
      EXPECT_EQ(cuMemAlloc_v2(&address, 1), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    }).join();
    EXPECT_EQ(cuCtxSetCurrent(context), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    EXPECT_EQ(cuCtxDestroy_v2(nullptr), CUDA_ERROR_INVALID_CONTEXT);
  });
}

TEST(Context, ItsOwnMemoryCountsAsUsedAndGoesBack) {
  in_driver({{"SIMCUDA_MEMORY", "1G"}, {"SIMCUDA_CONTEXT_BYTES", "300M"}}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    CUcontext contexts[4] = {};
    EXPECT_EQ(simcuda_used_bytes(0), 0u);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(cuCtxCreate_v2(&contexts[i], 0, 0), CUDA_SUCCESS);
    EXPECT_EQ(free_bytes(), 1 * GiB - 900 * MiB);
    EXPECT_EQ(cuCtxCreate_v2(&contexts[3], 0, 0), CUDA_ERROR_OUT_OF_MEMORY);
    EXPECT_EQ(contexts[3], nullptr);
    EXPECT_EQ(cuCtxDestroy_v2(contexts[0]), CUDA_SUCCESS);
    EXPECT_EQ(simcuda_used_bytes(0), 600 * MiB);
  });
}

TEST(Context, EveryVersionOfCreateMakesOne) {
  in_driver({}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    CUcontext context = nullptr;
    CUexecAffinityParam affinity = {};
    CUctxCreateParams params = {};
    EXPECT_EQ(cuCtxCreate(&context, 0, 0), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxCreate_v2(&context, 0, 0), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxCreate_v3(&context, nullptr, 0, 0, 0), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxCreate_v4(&context, nullptr, 0, 0), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxCreate_v4(&context, &params, 0, 0), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxCreate_v3(&context, &affinity, 1, 0, 0), CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY);
    EXPECT_EQ(cuCtxCreate_v2(&context, 0x1000, 0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuCtxCreate_v2(&context, 0, 9), CUDA_ERROR_INVALID_DEVICE);
  });
}

TEST(Context, LimitsAndFlagsAreKept) {
  in_context([] {
    size_t value = 0;
    unsigned flags = 0;
    EXPECT_EQ(cuCtxSetLimit(CU_LIMIT_MALLOC_HEAP_SIZE, 32 * MiB), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxGetLimit(&value, CU_LIMIT_MALLOC_HEAP_SIZE), CUDA_SUCCESS);
    EXPECT_EQ(value, 32 * MiB);
    EXPECT_EQ(cuCtxSetLimit(CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH, 4), CUDA_ERROR_UNSUPPORTED_LIMIT);
    EXPECT_EQ(cuCtxGetLimit(&value, CU_LIMIT_MAX), CUDA_ERROR_UNSUPPORTED_LIMIT);
    EXPECT_EQ(cuCtxSetFlags(CU_CTX_SCHED_SPIN), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxGetFlags(&flags), CUDA_SUCCESS);
    EXPECT_EQ(flags, unsigned{CU_CTX_SCHED_SPIN});
  });
}

TEST(PrimaryContext, LivesWhileItIsRetainedAndKeepsItsHandle) {
  in_driver({}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    EXPECT_FALSE(active(0));
    const CUcontext context = retained(0);
    const auto first = id_of(context);
    EXPECT_EQ(retained(0), context);
    EXPECT_TRUE(active(0));
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
    EXPECT_TRUE(active(0));
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
    EXPECT_FALSE(active(0));
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(0), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(retained(0), context);
    EXPECT_NE(id_of(context), first);  // another life
  });
}

TEST(PrimaryContext, ResetTakesTheMemoryAndLeavesTheRetains) {
  in_driver({}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    const CUcontext context = retained(0);
    ASSERT_EQ(cuCtxSetCurrent(context), CUDA_SUCCESS);
    const CUdeviceptr address = allocated(100);
    EXPECT_EQ(cuDevicePrimaryCtxReset_v2(0), CUDA_SUCCESS);
    EXPECT_FALSE(active(0));
    EXPECT_EQ(simcuda_live_blocks(-1, SIMCUDA_ANY), 0u);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_ERROR_CONTEXT_IS_DESTROYED);
    EXPECT_EQ(retained(0), context);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuDevicePrimaryCtxRelease_v2(0), CUDA_SUCCESS);
    EXPECT_TRUE(active(0));  // the first retain still counts
  });
}

TEST(PrimaryContext, IsNotDestroyedLikeOthers) {
  in_driver({}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxDestroy_v2(retained(0)), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_TRUE(active(0));
  });
}

TEST(Peers, AreAsTheVariableSays) {
  in_driver({{"SIMCUDA_DEVICES", "3"}, {"SIMCUDA_PEERS", "0-2"}}, [] {
    ASSERT_EQ(cuInit(0), CUDA_SUCCESS);
    const auto can = [](int from, int to) {
      int can = -1;
      EXPECT_EQ(cuDeviceCanAccessPeer(&can, from, to), CUDA_SUCCESS);
      return can == 1;
    };
    EXPECT_TRUE(can(0, 2));
    EXPECT_TRUE(can(2, 0));
    EXPECT_FALSE(can(0, 1));
    EXPECT_FALSE(can(0, 0));
    CUcontext contexts[3] = {retained(0), retained(1), retained(2)};
    ASSERT_EQ(cuCtxSetCurrent(contexts[0]), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxEnablePeerAccess(contexts[2], 0), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxEnablePeerAccess(contexts[2], 0), CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED);
    EXPECT_EQ(cuCtxEnablePeerAccess(contexts[1], 0), CUDA_ERROR_PEER_ACCESS_UNSUPPORTED);
    EXPECT_EQ(cuCtxEnablePeerAccess(contexts[0], 0), CUDA_ERROR_INVALID_CONTEXT);
    EXPECT_EQ(cuCtxEnablePeerAccess(contexts[2], 1), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(cuCtxDisablePeerAccess(contexts[2]), CUDA_SUCCESS);
    EXPECT_EQ(cuCtxDisablePeerAccess(contexts[2]), CUDA_ERROR_PEER_ACCESS_NOT_ENABLED);
  });
}

TEST(Process, AChildOfAnInitialisedProcessHasNoDriver) {
  in_context([] {
    const CUdeviceptr address = allocated(100);
    const pid_t child = fork();
    if (child == 0) {
      CUdeviceptr more = 0;
      const bool refused = cuMemAlloc_v2(&more, 1) == CUDA_ERROR_NOT_INITIALIZED &&
                           cuMemFree_v2(address) == CUDA_ERROR_NOT_INITIALIZED &&
                           cuInit(0) == CUDA_ERROR_NOT_INITIALIZED;
      _exit(refused ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS);
  });
}

TEST(Errors, HaveNamesAndSentences) {
  in_driver({}, [] {
    const char* text = nullptr;
    EXPECT_EQ(cuGetErrorName(CUDA_ERROR_OUT_OF_MEMORY, &text), CUDA_SUCCESS);
    EXPECT_STREQ(text, "CUDA_ERROR_OUT_OF_MEMORY");
    EXPECT_EQ(cuGetErrorString(CUDA_ERROR_OUT_OF_MEMORY, &text), CUDA_SUCCESS);
    EXPECT_STREQ(text, "out of memory");
    EXPECT_EQ(cuGetErrorName(static_cast<CUresult>(12345), &text), CUDA_ERROR_INVALID_VALUE);
    EXPECT_EQ(text, nullptr);
  });
}

}  // namespace
