// What the programs share: calls that must succeed, lines to print, and models of kernels for a simulated driver.
//
// A driver without a GPU cannot run kernels; a model is a function of the program that does the same on the host. It is
// registered only where simcuda_register_kernel can be found, so the same program runs on a real device unchanged.
#pragma once

#include <cuda_runtime.h>
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

#include "engine/control.h"

#define MUST(call) must((call), #call, __LINE__)

inline void must(cudaError_t error, const char* call, int line) {
  if (error == cudaSuccess) return;
  std::printf("line %d: %s: %s\n", line, call, cudaGetErrorName(error));
  std::exit(1);
}

/// Prints how a call answered, by name.
inline void show(const char* what, cudaError_t error) { std::printf("%s: %s\n", what, cudaGetErrorName(error)); }

/// Prints a condition that holds, or fails.
inline void hold(const char* what, bool holds) {
  std::printf("%s: %s\n", what, holds ? "yes" : "NO");
  if (!holds) std::exit(1);
}

/// A function of the simulated driver's control interface; null on a real driver. The driver is loaded by then.
template <typename Function>
Function* control(const char* name) {
  void* found = dlsym(RTLD_DEFAULT, name);
  void* driver = found == nullptr ? dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD) : nullptr;
  if (driver != nullptr) found = dlsym(driver, name);
  return reinterpret_cast<Function*>(found);
}

/// Starts CUDA (creates the context) and then names the model.
inline void model(const char* kernel, simcuda_kernel function) {
  MUST(cudaFree(nullptr));
  auto* enter = control<decltype(simcuda_register_kernel)>("simcuda_register_kernel");
  if (enter != nullptr) enter(kernel, function, nullptr);
}

/// For models: a parameter, and where memory of the device lies.
template <typename T>
T parameter(const simcuda_launch* launch, unsigned index) {
  return *static_cast<const T*>(launch->parameters[index]);
}

template <typename T>
T* reach(T* memory, size_t count) {
  static auto* find = control<decltype(simcuda_reach)>("simcuda_reach");
  return static_cast<T*>(find(reinterpret_cast<CUdeviceptr>(memory), count * sizeof(T)));
}
