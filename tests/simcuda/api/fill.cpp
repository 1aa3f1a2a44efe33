// cuMemset*: 8, 16 and 32 bits, rows and rectangles. The synchronous ones wait only for memory the host can see.
#include "api/copy_call.hpp"

using namespace simcuda;

#define NOW(name) \
  CopyCall { context, nullptr, per_thread, Returns::when_done, name }
#define LATER(name) \
  CopyCall { context, stream, per_thread, Returns::at_once, name }

#define FILL(name, type, bytes)                                                                            \
  SIMCUDA_ENTRY(cuMemset##name, false, (CUdeviceptr_v1 to, type value, unsigned int count),                \
                return fill(NOW("cuMemset" #name), {to, 0, value, bytes, count, 1});)                      \
  SIMCUDA_TWINS(cuMemset##name##_v2, _ptds, (CUdeviceptr to, type value, size_t count),                    \
                return fill(NOW("cuMemset" #name), {to, 0, value, bytes, count, 1});)                      \
  SIMCUDA_TWINS(cuMemset##name##Async, _ptsz, (CUdeviceptr to, type value, size_t count, CUstream stream), \
                return fill(LATER("cuMemset" #name "Async"), {to, 0, value, bytes, count, 1});)
#define FILL_2D(name, type, bytes)                                                                        \
  SIMCUDA_ENTRY(                                                                                          \
      cuMemset##name, false,                                                                              \
      (CUdeviceptr_v1 to, unsigned int pitch, type value, unsigned int width, unsigned int height),       \
      return fill(NOW("cuMemset" #name), {to, pitch, value, bytes, width, height});)                      \
  SIMCUDA_TWINS(cuMemset##name##_v2, _ptds,                                                               \
                (CUdeviceptr to, size_t pitch, type value, size_t width, size_t height),                  \
                return fill(NOW("cuMemset" #name), {to, pitch, value, bytes, width, height});)            \
  SIMCUDA_TWINS(cuMemset##name##Async, _ptsz,                                                             \
                (CUdeviceptr to, size_t pitch, type value, size_t width, size_t height, CUstream stream), \
                return fill(LATER("cuMemset" #name "Async"), {to, pitch, value, bytes, width, height});)

FILL(D8, unsigned char, 1)
FILL(D16, unsigned short, 2)
FILL(D32, unsigned int, 4)
FILL_2D(D2D8, unsigned char, 1)
FILL_2D(D2D16, unsigned short, 2)
FILL_2D(D2D32, unsigned int, 4)
