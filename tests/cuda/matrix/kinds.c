// Leaks and frees known amounts of every kind of CUDA memory. Each kind has two functions: leak_<kind>() loses 2 blocks,
// use_<kind>() allocates 3 blocks and frees them. run.py knows the sizes. Built once per route (driver.h), as a program
// and as a plugin (PLUGIN: exports plugin_run, and is opened by plugin_host.c).
#include "driver.h"

#define OK(call) must((call) == CUDA_SUCCESS, #call)
#define NOINLINE __attribute__((noinline, noclone))
#define REPEAT(times) for (int round = 0; round < (times); ++round)
enum { kLost = 2, kUsed = 3, kGranularity = 2 << 20 };

#define KIND(kind, Handle, make, drop)      \
  NOINLINE void leak_##kind(void) {         \
    REPEAT(kLost) {                         \
      Handle block = make(1);               \
      (void)block;                          \
    }                                       \
  }                                         \
  NOINLINE void use_##kind(void) {          \
    REPEAT(kUsed) {                         \
      Handle block = make(2);               \
      drop(block);                          \
    }                                       \
  }

static CUdevice g_device;
static CUmemoryPool g_pool;

static CUdeviceptr make_plain(size_t factor) {
  CUdeviceptr block = 0;
  OK(CALL(cuMemAlloc)(&block, 100000 * factor));
  return block;
}
static void drop_plain(CUdeviceptr block) { OK(CALL(cuMemFree)(block)); }
KIND(plain, CUdeviceptr, make_plain, drop_plain)

static CUdeviceptr make_pitch(size_t factor) {
  CUdeviceptr block = 0;
  size_t pitch = 0;
  OK(CALL(cuMemAllocPitch)(&block, &pitch, 1000 * factor, 30, 4));
  return block;
}
KIND(pitch, CUdeviceptr, make_pitch, drop_plain)

static void* make_host(size_t factor) {
  void* block = NULL;
  OK(CALL(cuMemAllocHost)(&block, 30000 * factor));
  *(char*)block = 1;
  return block;
}
static void drop_host(void* block) { OK(CALL(cuMemFreeHost)(block)); }
KIND(host, void*, make_host, drop_host)

static void* make_host_flags(size_t factor) {
  void* block = NULL;
  OK(CALL(cuMemHostAlloc)(&block, 40000 * factor, CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP));
  return block;
}
KIND(host_flags, void*, make_host_flags, drop_host)

static void* make_registered(size_t factor) {
  void* block = aligned_alloc(4096, 8192 * factor);
  OK(CALL(cuMemHostRegister)(block, 8192 * factor, 0));
  return block;
}
static void drop_registered(void* block) {
  OK(CALL(cuMemHostUnregister)(block));
  free(block);
}
KIND(registered, void*, make_registered, drop_registered)

static CUdeviceptr make_managed(size_t factor) {
  CUdeviceptr block = 0;
  OK(CALL(cuMemAllocManaged)(&block, 70000 * factor, CU_MEM_ATTACH_GLOBAL));
  return block;
}
KIND(managed, CUdeviceptr, make_managed, drop_plain)

static CUdeviceptr make_ordered(size_t factor) {
  CUdeviceptr block = 0;
  OK(CALL(cuMemAllocAsync)(&block, 80000 * factor, NULL));
  return block;
}
static void drop_ordered(CUdeviceptr block) { OK(CALL(cuMemFreeAsync)(block, NULL)); }
KIND(ordered, CUdeviceptr, make_ordered, drop_ordered)

static CUdeviceptr make_from_pool(size_t factor) {
  CUdeviceptr block = 0;
  OK(CALL(cuMemAllocFromPoolAsync)(&block, 90000 * factor, g_pool, NULL));
  return block;
}
// Legal: a plain free of an ordered block, and the other way round.
static void drop_crosswise(CUdeviceptr block) {
  OK(CALL(cuStreamSynchronize)(NULL));
  OK(CALL(cuMemFree)(block));
}
KIND(from_pool, CUdeviceptr, make_from_pool, drop_crosswise)
KIND(plain_freed_in_order, CUdeviceptr, make_plain, drop_ordered)

static CUarray make_array(size_t factor) {
  CUarray array = NULL;
  const CUDA_ARRAY_DESCRIPTOR wanted = {.Width = 64 * factor, .Height = 32, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 2};
  OK(CALL(cuArrayCreate)(&array, &wanted));
  return array;
}
static void drop_array(CUarray array) { OK(CALL(cuArrayDestroy)(array)); }
KIND(array, CUarray, make_array, drop_array)

static CUarray make_array_3d(size_t factor) {
  CUarray array = NULL;
  const CUDA_ARRAY3D_DESCRIPTOR wanted = {
      .Width = 16 * factor, .Height = 16, .Depth = 4, .Format = CU_AD_FORMAT_UNSIGNED_INT8, .NumChannels = 4};
  OK(CALL(cuArray3DCreate)(&array, &wanted));
  return array;
}
KIND(array_3d, CUarray, make_array_3d, drop_array)

static CUmipmappedArray make_mipmap(size_t factor) {
  CUmipmappedArray array = NULL;
  const CUDA_ARRAY3D_DESCRIPTOR wanted = {
      .Width = 64 * factor, .Height = 64, .Depth = 0, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 1};
  OK(CALL(cuMipmappedArrayCreate)(&array, &wanted, 1));
  return array;
}
static void drop_mipmap(CUmipmappedArray array) { OK(CALL(cuMipmappedArrayDestroy)(array)); }
KIND(mipmap, CUmipmappedArray, make_mipmap, drop_mipmap)

struct mapped {
  CUdeviceptr at;
  size_t bytes;
};
static struct mapped make_physical(size_t factor) {
  struct mapped made = {0, kGranularity * factor};
  CUmemGenericAllocationHandle handle = 0;
  const CUmemAllocationProp wanted = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
                                      .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
  OK(CALL(cuMemCreate)(&handle, made.bytes, &wanted, 0));
  OK(CALL(cuMemAddressReserve)(&made.at, made.bytes, 0, 0, 0));
  OK(CALL(cuMemMap)(made.at, made.bytes, 0, handle, 0));
  const CUmemAccessDesc access = {.location = wanted.location, .flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
  OK(CALL(cuMemSetAccess)(made.at, made.bytes, &access, 1));
  OK(CALL(cuMemRelease)(handle));  // the mapping keeps it alive
  return made;
}
static void drop_physical(struct mapped made) {
  OK(CALL(cuMemUnmap)(made.at, made.bytes));
  OK(CALL(cuMemAddressFree)(made.at, made.bytes));
}
KIND(physical, struct mapped, make_physical, drop_physical)

#define KINDS(F)                                                                                                \
  F(plain) F(pitch) F(host) F(host_flags) F(registered) F(managed) F(ordered) F(from_pool) F(plain_freed_in_order) \
  F(array) F(array_3d) F(mipmap) F(physical)

static void begin(void) {
  CUcontext context = NULL;
  find_driver();
  OK(CALL(cuInit)(0));
  OK(CALL(cuDeviceGet)(&g_device, 0));
  OK(CALL(cuDevicePrimaryCtxRetain)(&context, g_device));
  OK(CALL(cuCtxSetCurrent)(context));
  OK(CALL(cuDeviceGetDefaultMemPool)(&g_pool, g_device));
}

int run_all(void) {
  begin();
#define RUN(kind) leak_##kind(), use_##kind(), puts(#kind);
  KINDS(RUN)
  OK(CALL(cuStreamSynchronize)(NULL));
  return 0;
}

#ifdef PLUGIN
__attribute__((visibility("default"))) int plugin_run(void) { return run_all(); }
#elif defined(EARLY)
// A library whose constructor does it all, before main.
__attribute__((constructor)) static void early(void) { run_all(); }
#else
int main(void) { return run_all(); }
#endif
