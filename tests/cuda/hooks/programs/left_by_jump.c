// A call that was left by longjmp is over: what the thread allocates afterwards, deeper on its stack, is recorded.
// after: jumps.so
// run:
#include <setjmp.h>

#include "../hooks.h"

static jmp_buf g_back;

static void jump(void) { longjmp(g_back, 1); }

static void fill(volatile char* words, int bytes) {
  for (int i = 0; i != bytes; ++i) words[i] = (char)i;
}

__attribute__((noinline)) static void deeper(int depth) {
  volatile char words[200];
  CUdeviceptr block;
  fill(words, sizeof(words));
  if (depth != 0) deeper(depth - 1);
  OK(cuMemAlloc_v2(&block, 1000));
  fill(words, sizeof(words));
}

int main(void) {
  start(0);
  void (**on_call)(void) = (void (**)(void))dlsym(RTLD_DEFAULT, "jumps_on_call");
  CUdeviceptr block;
  MUST(on_call != NULL);
  if (setjmp(g_back) == 0) {
    *on_call = jump;
    (void)cuMemAlloc_v2(&block, 1);
    return 1;
  }
  *on_call = NULL;
  deeper(20);
  expect("plain.device.allocated_blocks", 21);
  return 0;
}
