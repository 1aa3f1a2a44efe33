// The driver, asked for as NVIDIA's runtime asks: dlopen("libcuda.so.1", RTLD_NOW), one dlsym of cuGetProcAddress_v2,
// then every entry point by (name, version, flags) through that. Nothing is linked against the driver.
//
//   DRIVER(cuMemAlloc, 3020)(&address, bytes)     flags 0
//   STREAMED(cuMemcpyAsync, 4000)(...)            in a source of streamed/: flags 0x2 and a version of at least 7000 when
//                                                 that source is compiled for the per-thread default stream
//
// An entry point is asked for at its first use. One that the driver does not have answers CUDA_ERROR_NOT_SUPPORTED and
// is reported once.
#pragma once

#include <cuda.h>
// First cuda.h, then the types.
#include <cudaProfilerTypedefs.h>
#include <cudaTypedefs.h>

#include <algorithm>
#include <atomic>
#include <cstddef>

// NVIDIA's runtime asks for these two in their first version; the header only names the type of the second, the same.
using PFN_cuDevicePrimaryCtxReset_v7000 = PFN_cuDevicePrimaryCtxReset_v11000;
using PFN_cuDevicePrimaryCtxRelease_v7000 = PFN_cuDevicePrimaryCtxRelease_v11000;

namespace simcudart {

#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM)
constexpr cuuint64_t kStreamFlags = CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
constexpr int kStreamVersion = 7000;
#else
constexpr cuuint64_t kStreamFlags = 0;
constexpr int kStreamVersion = 0;
#endif

/// What a lookup found: never null, a function that says it is missing stands in.
void* entry_point(const char* name, int version, cuuint64_t flags);

/// Opens the driver and starts it: CUDA_SUCCESS, or why nothing can be called. The answer of the first time is final.
CUresult start_driver();

/// The driver's handle for dlsym and its own lookup function; null before start_driver() succeeded.
PFN_cuGetProcAddress_v12000 driver_lookup();

/// A name as a template argument, so that each entry point has a cell of its own.
template <std::size_t Size>
struct Name {
  char text[Size];
  constexpr Name(const char (&literal)[Size]) { std::copy_n(literal, Size, text); }
};

template <typename Function, Name name, int version, cuuint64_t flags>
Function entry() {
  static std::atomic<void*> cell;
  void* found = cell.load(std::memory_order_acquire);
  if (found == nullptr) {
    found = entry_point(name.text, version, flags);
    cell.store(found, std::memory_order_release);
  }
  return reinterpret_cast<Function>(found);
}

}  // namespace simcudart

#define DRIVER(name, version) (simcudart::entry<PFN_##name##_v##version, #name, version, 0>())
#define STREAMED(name, version)                                                                   \
  (simcudart::entry<PFN_##name##_v##version, #name, std::max(version, simcudart::kStreamVersion), \
                    simcudart::kStreamFlags>())
