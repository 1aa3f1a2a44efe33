// abort whose SIGABRT handler leaves by siglongjmp: the program goes on, a hundred times.
//
// row: endings | abort with a handler that jumps away
// exit 0
// lost lose 500 5
// lost lose_each_time 1200 100
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
  signal(SIGABRT, handler);
  lose();
  for (volatile int i = 0; i < 100; ++i) {
    if (sigsetjmp(back, 1) == 0) abort();
    ++survived;
  }
  printf("survived %d\n", survived);
  return 0;
}
