// What the programs of this folder share. All names of the driver mean the symbols that it exports.
#define _GNU_SOURCE
#ifdef NEWEST_NAMES
#include <cuda.h>
#else
#define __CUDA_API_VERSION_INTERNAL
#include <cuda.h>
#endif
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUST(condition) \
  do { \
    if (!(condition)) { \
      printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      exit(1); \
    } \
  } while (0)
#define OK(call) \
  do { \
    CUresult result_ = (call); \
    if (result_ != CUDA_SUCCESS) { \
      printf("%s:%d: %s is %d\n", __FILE__, __LINE__, #call, (int)result_); \
      exit(1); \
    } \
  } while (0)

__attribute__((unused)) static void expect(const char* key, long long number) { printf("expect %s %lld\n", key, number); }

// For programs that are linked with the driver.
#ifndef NOT_LINKED
__attribute__((unused)) static CUcontext start(int device) {
  CUcontext context;
  OK(cuInit(0));
  OK(cuDevicePrimaryCtxRetain(&context, device));
  OK(cuCtxSetCurrent(context));
  return context;
}
#endif
