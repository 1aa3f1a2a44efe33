// The driver's functions that the matrix calls, reached by the route that this program is built for.
//
//   ROUTE_LINKED         called as any other function (-lcuda)
//   ROUTE_DLSYM          dlopen, dlsym on the handle
//   ROUTE_DEFAULT        linked, dlsym(RTLD_DEFAULT)
//   ROUTE_DLVSYM         as ROUTE_DLSYM, by a dlsym that dlvsym gave
//   ROUTE_PROC_V1        dlsym of cuGetProcAddress (4 arguments), the rest through it
//   ROUTE_PROC_V2        the same with cuGetProcAddress_v2 (5 arguments)
//   ROUTE_PROC_SELF      cuGetProcAddress_v2 asked of itself
//   ROUTE_ENTRY_POINT    cudaGetDriverEntryPointByVersion of the runtime
#pragma once

#include <cuda.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

// name, version for cuGetProcAddress, 1: has a variant for per-thread default streams
#define DRIVER_FUNCTIONS(F)              \
  F(cuInit, 2000, 0)                     \
  F(cuDeviceGet, 2000, 0)                \
  F(cuDevicePrimaryCtxRetain, 7000, 0)   \
  F(cuCtxSetCurrent, 4000, 0)            \
  F(cuStreamSynchronize, 7000, 1)        \
  F(cuMemAlloc, 3020, 0)                 \
  F(cuMemAllocPitch, 3020, 0)            \
  F(cuMemFree, 3020, 0)                  \
  F(cuMemAllocHost, 3020, 0)             \
  F(cuMemHostAlloc, 2020, 0)             \
  F(cuMemFreeHost, 2000, 0)              \
  F(cuMemHostRegister, 6050, 0)          \
  F(cuMemHostUnregister, 4000, 0)        \
  F(cuMemAllocManaged, 6000, 0)          \
  F(cuMemAllocAsync, 11020, 1)           \
  F(cuMemAllocFromPoolAsync, 11020, 1)   \
  F(cuMemFreeAsync, 11020, 1)            \
  F(cuDeviceGetDefaultMemPool, 11020, 0) \
  F(cuArrayCreate, 3020, 0)              \
  F(cuArray3DCreate, 3020, 0)            \
  F(cuArrayDestroy, 2000, 0)             \
  F(cuMipmappedArrayCreate, 5000, 0)     \
  F(cuMipmappedArrayDestroy, 5000, 0)    \
  F(cuMemCreate, 10020, 0)               \
  F(cuMemRelease, 10020, 0)              \
  F(cuMemAddressReserve, 10020, 0)       \
  F(cuMemAddressFree, 10020, 0)          \
  F(cuMemMap, 10020, 0)                  \
  F(cuMemUnmap, 10020, 0)                \
  F(cuMemSetAccess, 10020, 0)

static void must(int condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "matrix: %s failed\n", what);
  exit(3);
}

#define TEXT(x) #x
#define EXPANDED_TEXT(x) TEXT(x)  // the name after cuda.h's macros: cuMemAlloc_v2, cuMemAllocAsync_ptsz

#ifdef ROUTE_LINKED
#define CALL(function) function
static void find_driver(void) {}
#else
#define CALL(function) g_driver.function
#define MEMBER(function, version, ptsz) __typeof__(&function) function;
static struct {
  DRIVER_FUNCTIONS(MEMBER)
} g_driver;

static void* symbol(const char* name) {
#if defined(ROUTE_DEFAULT)
  return dlsym(RTLD_DEFAULT, name);
#elif defined(ROUTE_DLVSYM)
  void* (*versioned_dlsym)(void*, const char*) =
      (void* (*)(void*, const char*))dlvsym(RTLD_DEFAULT, "dlsym", "GLIBC_2.2.5");
  must(versioned_dlsym != NULL, "dlvsym(dlsym)");
  return versioned_dlsym(dlopen("libcuda.so.1", RTLD_NOW), name);
#else
  void* handle = dlopen("libcuda.so.1", RTLD_NOW);
  must(handle != NULL, "dlopen(libcuda.so.1)");
  return dlsym(handle, name);
#endif
}

#ifdef ROUTE_ENTRY_POINT
#include <cuda_runtime_api.h>
#endif

static void* function_of(const char* base, const char* name, int version, int ptsz) {
#ifdef CUDA_API_PER_THREAD_DEFAULT_STREAM
  const cuuint64_t flags = ptsz ? CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM : 0;
#else
  const cuuint64_t flags = 0;
#endif
  void* found = NULL;
  (void)base, (void)name, (void)version, (void)flags, (void)ptsz;
#if defined(ROUTE_PROC_V1)
  CUresult (*get)(const char*, void**, int, cuuint64_t) = symbol("cuGetProcAddress");
  must(get != NULL && get(base, &found, version, flags) == CUDA_SUCCESS, base);
#elif defined(ROUTE_PROC_V2) || defined(ROUTE_PROC_SELF)
  CUresult (*get)(const char*, void**, int, cuuint64_t, CUdriverProcAddressQueryResult*) =
      symbol("cuGetProcAddress_v2");
  must(get != NULL, "dlsym(cuGetProcAddress_v2)");
#ifdef ROUTE_PROC_SELF
  void* itself = NULL;
  must(get("cuGetProcAddress", &itself, 12000, 0, NULL) == CUDA_SUCCESS && itself != NULL, "cuGetProcAddress");
  *(void**)&get = itself;
#endif
  CUdriverProcAddressQueryResult status;
  must(get(base, &found, version, flags, &status) == CUDA_SUCCESS, base);
#elif defined(ROUTE_ENTRY_POINT)
  enum cudaDriverEntryPointQueryResult status;
  must(cudaGetDriverEntryPointByVersion(base, &found, (unsigned)version,
                                        flags != 0 ? cudaEnablePerThreadDefaultStream : cudaEnableLegacyStream,
                                        &status) == cudaSuccess,
       base);
#else
  found = symbol(name);
#endif
  must(found != NULL, name);
  return found;
}

static void find_driver(void) {
#define FIND(function, version, ptsz) \
  *(void**)&g_driver.function = function_of(#function, EXPANDED_TEXT(function), version, ptsz);
  DRIVER_FUNCTIONS(FIND)
}
#endif
