// What the pinned_* programs share. They are linked with the simulated driver, and say with MUST what has to be so under
// weir; what they print is the same without.
#pragma once

#include <cuda.h>
#include <simcuda.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#define MUST(condition)                                           \
  do {                                                            \
    if (!(condition)) {                                           \
      std::printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                               \
    }                                                             \
  } while (0)
#define OK(call)                                                            \
  do {                                                                      \
    const CUresult result_ = (call);                                        \
    if (result_ != CUDA_SUCCESS) {                                          \
      std::printf("%s:%d: %s is %d\n", __FILE__, __LINE__, #call, result_); \
      std::exit(1);                                                         \
    }                                                                       \
  } while (0)

inline CUcontext start(int device = 0) {
  CUcontext context;
  OK(cuInit(0));
  OK(cuDevicePrimaryCtxRetain(&context, device));
  OK(cuCtxSetCurrent(context));
  return context;
}

inline CUcontext make_context(int device) {
  CUcontext context;
  OK(cuCtxCreate(&context, nullptr, 0, device));
  return context;
}

inline void* allocate(size_t bytes, unsigned flags = 0) {
  void* block = nullptr;
  OK(cuMemHostAlloc(&block, bytes, flags));
  return block;
}
inline void* allocate_plain(size_t bytes) {
  void* block = nullptr;
  OK(cuMemAllocHost(&block, bytes));
  return block;
}

inline CUstream make_stream() {
  CUstream stream;
  OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  return stream;
}

inline CUdeviceptr at(const void* block) { return reinterpret_cast<CUdeviceptr>(block); }

/// How often the driver's own functions were called.
inline unsigned long long allocations() {
  return simcuda_calls("cuMemHostAlloc") + simcuda_calls("cuMemAllocHost_v2");
}
inline unsigned long long frees() { return simcuda_calls("cuMemFreeHost"); }
inline unsigned long long blocks() { return simcuda_live_blocks(-1, SIMCUDA_PINNED); }
inline unsigned long long bytes() { return simcuda_live_bytes(-1, SIMCUDA_PINNED); }

inline bool is_deferred() {
  const char* mode = std::getenv("WEIR_DEVICE_FREE");
  return mode != nullptr && std::strcmp(mode, "deferred") == 0;
}

/// Frees a block, and lets the pool prove in either mode that it is idle.
inline void leave_idle(void* block) {
  OK(cuMemFreeHost(block));
  OK(cuCtxSynchronize());
}

/// At the end of every program.
inline int done() {
  MUST(simcuda_check() == 0 && simcuda_violations() == 0);
  return 0;
}
