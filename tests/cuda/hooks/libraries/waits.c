// Its constructor waits for a thread that allocates.
#include <pthread.h>

#include "../hooks.h"

static void* allocate(void* context) {
  CUdeviceptr block;
  OK(cuCtxSetCurrent(context));
  OK(cuMemAlloc_v2(&block, 1000));
  return NULL;
}

__attribute__((constructor)) static void wait_for_it(void) {
  CUcontext context;
  pthread_t thread;
  OK(cuCtxGetCurrent(&context));
  MUST(pthread_create(&thread, NULL, allocate, context) == 0);
  MUST(pthread_join(thread, NULL) == 0);
}
