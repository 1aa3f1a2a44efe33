// What the programs of this folder share.
#pragma once

#include <sys/mman.h>

#include "program.hpp"

struct Tensor {
  CUdeviceptr first;
  size_t second;
};

/// So that the compiler leaves alone what is done to the memory.
inline void hide(void* pointer) { asm volatile("" : : "r"(pointer) : "memory"); }

inline CUdeviceptr allocate(size_t bytes) {
  CUdeviceptr block = 0;
  OK(cuMemAlloc(&block, bytes));
  return block;
}

inline CUdeviceptr ordered(size_t bytes) {
  CUdeviceptr block = 0;
  OK(cuMemAllocAsync(&block, bytes, nullptr));
  return block;
}

inline CUdeviceptr* pinned(size_t bytes) {
  void* block = nullptr;
  OK(cuMemHostAlloc(&block, bytes, 0));
  hide(block);
  return static_cast<CUdeviceptr*>(block);
}

inline CUdeviceptr* managed(size_t bytes) {
  CUdeviceptr block = 0;
  OK(cuMemAllocManaged(&block, bytes, CU_MEM_ATTACH_GLOBAL));
  hide(reinterpret_cast<void*>(block));
  return reinterpret_cast<CUdeviceptr*>(block);
}
