// What the programs of this folder share. They are linked with the simulated driver, and say with MUST what has to be so under
// weir; what they print is the same without.
#pragma once

#include <cuda.h>
#include <simcuda.h>

#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#define MUST(condition)                                                 \
  do {                                                                  \
    if (!(condition)) {                                                 \
      std::printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);       \
      std::exit(1);                                                     \
    }                                                                   \
  } while (0)
#define OK(call)                                                        \
  do {                                                                  \
    const CUresult result_ = (call);                                    \
    if (result_ != CUDA_SUCCESS) {                                      \
      std::printf("%s:%d: %s is %d\n", __FILE__, __LINE__, #call, result_); \
      std::exit(1);                                                     \
    }                                                                   \
  } while (0)

inline CUcontext start(int device = 0) {
  CUcontext context;
  OK(cuInit(0));
  OK(cuDevicePrimaryCtxRetain(&context, device));
  OK(cuCtxSetCurrent(context));
  return context;
}

inline CUstream make_stream() {
  CUstream stream;
  OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  return stream;
}

/// At the end of every program.
inline int done() {
  MUST(simcuda_check() == 0 && simcuda_violations() == 0);
  return 0;
}
