// Every kind of memory is allocated and freed over and over, and each time another call fails. The program sees the same results
// as without weir; in the end the profile and the driver agree on what is live.
// output: same
// env WEIR_DEVICE_POOL=off
// env WEIR_PINNED_POOL=off
// run:
#include "../hooks.h"

static int g_line;
#define TRY(call) printf("%d: %d\n", ++g_line, (int)(call))

static const CUmemAllocationProp kOnDevice = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
                                              .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
enum { kUnit = 2 << 20 };

static void plain_and_host(void) {
  CUdeviceptr a = 0, b = 0, m = 0;
  void *p = NULL, *q = NULL, *mine = aligned_alloc(4096, 8192);
  size_t pitch = 0;
  TRY(cuMemAlloc_v2(&a, 1000));
  TRY(cuMemAllocPitch_v2(&b, &pitch, 100, 10, 4));
  TRY(cuMemAllocManaged(&m, 5000, CU_MEM_ATTACH_GLOBAL));
  TRY(cuMemAllocHost_v2(&p, 3000));
  TRY(cuMemHostAlloc(&q, 4000, 0));
  TRY(cuMemHostRegister_v2(mine, 8192, 0));
  TRY(cuMemHostRegister_v2(mine, 8192, 0));  // once too often
  TRY(cuMemFree_v2(a));
  TRY(cuMemFree_v2(a));  // the second time
  TRY(cuMemFreeHost((void*)m));
  TRY(cuMemFree_v2((CUdeviceptr)p));
  TRY(cuMemFree_v2(b + 4));
  TRY(cuMemFree_v2(0x5550));
  TRY(cuMemFree_v2(0));
  TRY(cuMemFreeHost(NULL));
  TRY(cuMemHostUnregister(q));
  TRY(cuMemHostUnregister(mine));
  TRY(cuMemAlloc_v2(NULL, 10));
  TRY(cuMemAlloc_v2(&a, 0));
  TRY(cuMemAlloc_v2(&a, (size_t)-1));
  TRY(cuMemHostAlloc(NULL, 10, 0));
  TRY(cuMemGetInfo_v2(NULL, NULL));
  free(mine);
}

static void ordered(void) {
  CUstream stream = NULL;
  CUmemoryPool pool = NULL;
  CUdeviceptr a = 0, b = 0;
  const CUmemPoolProps wanted = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED, .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
  TRY(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  TRY(cuMemPoolCreate(&pool, &wanted));
  TRY(cuMemAllocAsync(&a, 1000, stream));
  if (pool != NULL) TRY(cuMemAllocFromPoolAsync(&b, 2000, pool, stream));
  TRY(cuMemFreeAsync(a, stream));
  TRY(cuMemFreeAsync(a, stream));
  TRY(cuMemFreeAsync(0x7770, stream));
  if (b != 0) TRY(cuMemFree_v2(b));
  TRY(cuMemAllocAsync(NULL, 10, stream));
  if (pool != NULL) TRY(cuMemPoolDestroy(pool));
  TRY(cuStreamSynchronize(stream));
}

static void physical(void) {
  CUmemGenericAllocationHandle one = 0, again = 0;
  CUdeviceptr at = 0;
  TRY(cuMemAddressReserve(&at, 4 * kUnit, 0, 0, 0));
  TRY(cuMemCreate(&one, kUnit, &kOnDevice, 0));
  if (one == 0) return;
  TRY(cuMemMap(at, kUnit, 0, one, 0));
  TRY(cuMemMap(at, kUnit, 0, one, 0));  // there is something
  TRY(cuMemMap(at + kUnit, kUnit, 0, one, 0));
  TRY(cuMemRetainAllocationHandle(&again, (void*)(at + kUnit)));
  TRY(cuMemRelease(one));
  TRY(cuMemUnmap(at, kUnit));
  TRY(cuMemUnmap(at, kUnit));
  TRY(cuMemUnmap(at + kUnit, kUnit));
  if (again != 0) TRY(cuMemRelease(again));
}

static void arrays(void) {
  CUarray array = NULL;
  CUmipmappedArray mipmap = NULL;
  const CUDA_ARRAY_DESCRIPTOR flat = {.Width = 64, .Height = 16, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 4};
  const CUDA_ARRAY3D_DESCRIPTOR deep = {.Width = 64, .Height = 16, .Depth = 2, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 1};
  TRY(cuArrayCreate_v2(&array, &flat));
  if (array != NULL) TRY(cuArrayDestroy(array));
  array = NULL;
  TRY(cuArray3DCreate_v2(&array, &deep));
  if (array != NULL) TRY(cuArrayDestroy(array));
  TRY(cuMipmappedArrayCreate(&mipmap, &deep, 2));
  if (mipmap != NULL) TRY(cuMipmappedArrayDestroy(mipmap));
  TRY(cuArrayCreate_v2(NULL, &flat));
  TRY(cuArrayCreate_v2(&array, NULL));
}

static void graphs(void) {
  CUgraph graph = NULL;
  CUgraphNode made = NULL, freed = NULL;
  CUgraphNodeParams alloc = {.type = CU_GRAPH_NODE_TYPE_MEM_ALLOC}, release = {.type = CU_GRAPH_NODE_TYPE_MEM_FREE};
  alloc.alloc.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  alloc.alloc.poolProps.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
  alloc.alloc.bytesize = 4096;
  TRY(cuGraphCreate(&graph, 0));
  TRY(cuGraphAddNode_v2(&made, graph, NULL, NULL, 0, &alloc));
  release.free.dptr = alloc.alloc.dptr;
  if (made != NULL) TRY(cuGraphAddNode_v2(&freed, graph, &made, NULL, 1, &release));
  TRY(cuGraphAddNode_v2(NULL, NULL, NULL, NULL, 0, NULL));
}

static void lookups(void) {
  static const int kVersions[] = {0, -1, 1, 2000, 3020, 12000, 13000, 99999, 0x7fffffff};
  static const char* const kNames[] = {"cuMemAlloc", "cuMemAlloc_v2", "cuMemAllocAsync", "cuNothing", "", "cuGetProcAddress", "cuCtxCreate"};
  for (size_t i = 0; i != sizeof(kNames) / sizeof(*kNames); ++i)
    for (size_t j = 0; j != sizeof(kVersions) / sizeof(*kVersions); ++j)
      for (int flags = 0; flags != 9; ++flags) {
        void* found = (void*)7;
        CUdriverProcAddressQueryResult status = 77;
        TRY(cuGetProcAddress_v2(kNames[i], &found, kVersions[j], flags, &status));
        printf("%d %s\n", (int)status, found == NULL ? "null" : found == (void*)7 ? "untouched" : "found");
        TRY(cuGetProcAddress(kNames[i], &found, kVersions[j], flags));
      }
  TRY(cuGetProcAddress_v2(NULL, NULL, 12000, 0, NULL));
  TRY(cuGetProcAddress_v2("cuMemAlloc", NULL, 12000, 0, NULL));
  TRY(cuGetProcAddress(NULL, NULL, 12000, 0));
}

static void all(void) {
  CUcontext context = NULL;
  TRY(cuCtxCreate_v2(&context, 0, 0));
  plain_and_host();
  ordered();
  physical();
  arrays();
  graphs();
  if (context != NULL && cuCtxDestroy_v2(context) != CUDA_SUCCESS) TRY(cuCtxDestroy_v2(context));
}

int main(void) {
  static const char* const kFunctions[] = {
      "cuMemAlloc_v2", "cuMemAllocPitch_v2", "cuMemAllocManaged", "cuMemAllocHost_v2", "cuMemHostAlloc", "cuMemHostRegister_v2",
      "cuMemFree_v2", "cuMemFreeHost", "cuMemHostUnregister", "cuMemPoolCreate", "cuMemAllocAsync", "cuMemAllocFromPoolAsync",
      "cuMemFreeAsync", "cuMemPoolDestroy", "cuMemCreate", "cuMemMap", "cuMemRetainAllocationHandle", "cuMemRelease", "cuMemUnmap",
      "cuArrayCreate_v2", "cuArrayDestroy", "cuArray3DCreate_v2", "cuMipmappedArrayCreate", "cuMipmappedArrayDestroy",
      "cuGraphAddNode_v2", "cuCtxDestroy_v2"};
  static const CUresult kErrors[] = {CUDA_ERROR_OUT_OF_MEMORY, CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_UNKNOWN};
  void (*fail)(const char*, unsigned long long, unsigned long long, CUresult, int) = dlsym(RTLD_DEFAULT, "simcuda_fail");
  void (*forget)(void) = dlsym(RTLD_DEFAULT, "simcuda_forget_orders");
  unsigned long long (*bytes)(int, int) = dlsym(RTLD_DEFAULT, "simcuda_live_bytes");
  MUST(fail != NULL && forget != NULL && bytes != NULL);
  OK(cuInit(0));
  lookups();
  for (size_t i = 0; i != sizeof(kFunctions) / sizeof(*kFunctions); ++i)
    for (int nth = 1; nth <= 3; ++nth) {
      printf("%s %d\n", kFunctions[i], nth);
      fail(kFunctions[i], nth, 1, kErrors[nth - 1], 0);
      all();
      forget();
    }
  expect("frees_missed", 0);
  expect("plain.device.live_bytes", bytes(0, 0));
  expect("managed.live_bytes", bytes(0, 1));
  expect("plain.pinned.live_bytes", bytes(0, 2));
  expect("registered.pinned.live_bytes", bytes(0, 3));
  expect("ordered.device.live_bytes", bytes(0, 4));
  expect("without_stack", 0);
  return 0;
}
