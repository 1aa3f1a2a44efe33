// What the pinned_* programs share besides.
#pragma once

#include <cstring>

#include "program.hpp"

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
