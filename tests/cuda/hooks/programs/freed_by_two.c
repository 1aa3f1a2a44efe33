// Two threads free one block. The driver serves the second first: the first is the double free, and the block is gone.
// after: gate.so
// env WEIR_DEVICE_POOL=off
// run:
#include <pthread.h>

#include "../hooks.h"

static CUdeviceptr g_block;

static void* free_it(void* context) {
  OK(cuCtxSetCurrent(context));
  MUST(cuMemFree_v2(g_block) == CUDA_ERROR_INVALID_VALUE);
  return NULL;
}

int main(void) {
  CUcontext context = start(0);
  pthread_t first;
  OK(cuMemAlloc_v2(&g_block, 1000));
  int* calls = dlsym(RTLD_DEFAULT, "gate_calls");
  MUST(calls != NULL && pthread_create(&first, NULL, free_it, context) == 0);
  while (__atomic_load_n(calls, __ATOMIC_ACQUIRE) == 0) usleep(1000);
  OK(cuMemFree_v2(g_block));
  MUST(pthread_join(first, NULL) == 0);
  expect("device.live_blocks", 0);
  expect("device.freed_blocks", 1);
  expect("error.double.device", 1);
  expect("frees_missed", 0);
  return 0;
}
