// A program that catches its own SIGSEGV, jumps back and goes on, a thousand times, allocating in between.
//
// row: endings | SIGSEGV with a handler that jumps back
// lost lose 500 5
// lost lose_each_time 12000 1000
// expect process["end"] == "exit" and process["exit_code"] == 0
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

#include "ending.h"

static sigjmp_buf back;
NOINLINE static void lose_each_time(void) { keep(malloc(12)); }
static void handler(int number) {
  lose_each_time();
  siglongjmp(back, number);
}

int main(void) {
  volatile int survived = 0;
  volatile int* volatile nowhere = (int*)8;
  signal(SIGSEGV, handler);
  lose();
  for (volatile int i = 0; i < 1000; ++i) {
    if (sigsetjmp(back, 1) == 0) *nowhere = 1;
    ++survived;
  }
  printf("survived %d\n", survived);
  return 0;
}
