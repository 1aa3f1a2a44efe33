// Strict mode, where a call but read, write and exit ends the process: small blocks still come from what is there already.
//
// row: faults | seccomp's strict mode, small blocks after it
// exit 3
// expect leaks("lose_before") == (1000, 10)
// expect leaks("lose_after") == (24 * 100, 100)
// lost lose_before 1000 10
// lost lose_after 2400 100
#include <stdio.h>
#include <string.h>

#include "filter.h"
#include "sites.h"

static NOINLINE void lose_before(void) {
  for (int i = 0; i != 10; ++i) keep(malloc(100));
}
static NOINLINE void lose_after(void) {
  for (int i = 0; i != 100; ++i) keep(malloc(24));
}

int main(void) {
  lose_before();
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) != 0) return 2;
  lose_after();
  for (unsigned i = 0; i != 500; ++i) free(next_step(i, 10, 200));
  static const char text[] = "still here\n";
  write(1, text, strlen(text));
  __asm__ volatile("syscall" : : "a"(SYS_exit), "D"(3) : "rcx", "r11", "memory");  // exit_group would be the end by a signal
  return 4;
}
