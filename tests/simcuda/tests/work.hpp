// What tests of streams, kernels and graphs share.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "driver.hpp"

namespace simcuda::test {

inline CUstream new_stream(unsigned flags = CU_STREAM_NON_BLOCKING, int priority = 0) {
  CUstream stream = nullptr;
  EXPECT_EQ(cuStreamCreateWithPriority(&stream, flags, priority), CUDA_SUCCESS);
  return stream;
}

inline CUevent new_event(unsigned flags = CU_EVENT_DEFAULT) {
  CUevent event = nullptr;
  EXPECT_EQ(cuEventCreate(&event, flags), CUDA_SUCCESS);
  return event;
}

// Kernels: fill(pointer, value, count), copy(to, from, count) of ints, nothing(), and what they do.
inline const char* const kKernels = R"(
.version 9.0
.target sm_90
.address_size 64
.global .align 4 .u32 counter = 5;
.const .align 4 .b8 table[8] = {1, 2, 3, 4};
.global .attribute(.managed) .align 4 .u32 shared = 9;
.visible .entry fill(.param .u64 p, .param .u32 v, .param .u32 n) { ret; }
.visible .entry copy(.param .u64 to, .param .u64 from, .param .u32 n) { ret; }
.visible .entry nothing() { ret; }
.visible .entry _Z5scalePff(.param .u64 p, .param .f32 f) { ret; }
)";

template <class T>
T parameter(const simcuda_launch* launch, unsigned index) {
  EXPECT_LT(index, launch->parameter_count);
  EXPECT_EQ(launch->parameter_bytes[index], sizeof(T));
  return *static_cast<T*>(launch->parameters[index]);
}

inline void fill_model(const simcuda_launch* launch, void*) {
  const auto count = parameter<unsigned>(launch, 2);
  auto* to = static_cast<unsigned*>(simcuda_reach(parameter<CUdeviceptr>(launch, 0), count * 4));
  for (unsigned i = 0; to != nullptr && i < count; ++i) to[i] = parameter<unsigned>(launch, 1);
}

inline void copy_model(const simcuda_launch* launch, void*) {
  const auto count = parameter<unsigned>(launch, 2);
  auto* to = static_cast<unsigned*>(simcuda_reach(parameter<CUdeviceptr>(launch, 0), count * 4));
  auto* from = static_cast<unsigned*>(simcuda_reach(parameter<CUdeviceptr>(launch, 1), count * 4));
  for (unsigned i = 0; to != nullptr && from != nullptr && i < count; ++i) to[i] = from[i];
}

inline CUmodule loaded(const void* image = kKernels) {
  simcuda_register_kernel("fill", fill_model, nullptr);
  simcuda_register_kernel("copy", copy_model, nullptr);
  CUmodule module = nullptr;
  EXPECT_EQ(cuModuleLoadData(&module, image), CUDA_SUCCESS);
  return module;
}

inline CUfunction function_of(CUmodule module, const char* name) {
  CUfunction function = nullptr;
  EXPECT_EQ(cuModuleGetFunction(&function, module, name), CUDA_SUCCESS);
  return function;
}

inline CUresult launch_fill(CUfunction fill, CUdeviceptr to, unsigned value, unsigned count,
                            CUstream stream) {
  void* parameters[] = {&to, &value, &count};
  return cuLaunchKernel(fill, 1, 1, 1, 32, 1, 1, 0, stream, parameters, nullptr);
}

inline CUresult launch_copy(CUfunction copy, CUdeviceptr to, CUdeviceptr from, unsigned count,
                            CUstream stream) {
  void* parameters[] = {&to, &from, &count};
  return cuLaunchKernel(copy, 1, 1, 1, 32, 1, 1, 0, stream, parameters, nullptr);
}

// What lies there; waits for the legacy stream's work.
inline std::vector<unsigned> words(CUdeviceptr address, size_t count) {
  std::vector<unsigned> result(count);
  EXPECT_EQ(cuMemcpyDtoH_v2(result.data(), address, count * 4), CUDA_SUCCESS);
  return result;
}

inline void set_words(CUdeviceptr address, const std::vector<unsigned>& values) {
  EXPECT_EQ(cuMemcpyHtoD_v2(address, values.data(), values.size() * 4), CUDA_SUCCESS);
}

}  // namespace simcuda::test
