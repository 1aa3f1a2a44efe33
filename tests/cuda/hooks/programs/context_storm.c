// Threads with contexts of their own, which come and go with what was allocated in them, while handles and addresses are
// handed out again: each block ends once, with its own context.
// run:
#include <pthread.h>

#include "../hooks.h"

enum { kThreads = 6, kRounds = 150, kBlocks = 5 };

static void* come_and_go(void* unused) {
  for (int round = 0; round != kRounds; ++round) {
    CUcontext context;
    CUdeviceptr block[kBlocks];
    OK(cuCtxCreate_v2(&context, 0, 0));
    for (int i = 0; i != kBlocks; ++i) OK(cuMemAlloc_v2(&block[i], 1000));
    OK(cuMemFree_v2(block[round % kBlocks]));
    OK(cuCtxDestroy_v2(context));
  }
  return NULL;
}

int main(void) {
  pthread_t threads[kThreads];
  OK(cuInit(0));
  for (int i = 0; i != kThreads; ++i) MUST(pthread_create(&threads[i], NULL, come_and_go, NULL) == 0);
  for (int i = 0; i != kThreads; ++i) MUST(pthread_join(threads[i], NULL) == 0);
  expect("device.allocated_blocks", kThreads * kRounds * kBlocks);
  expect("device.live_blocks", 0);
  expect("released.context", kThreads * kRounds * (kBlocks - 1));
  expect("frees_missed", 0);
  expect("error.invalid.device", 0);
  return 0;
}
