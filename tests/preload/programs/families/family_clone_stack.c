// clone() with a stack of the program's own for the new process, as sandboxes and old thread libraries do it.
//
// row: families | clone() with a stack of its own
// profiles 2
// lost lose_in_child 700 7
// expect child.live("lose_in_child") == (700, 7)
// expect child.depth("lose_in_child") >= 2
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose_in_child(void) {
  for (int i = 0; i < 7; ++i) keep(malloc(100));
}

static int body(void* unused) {
  (void)unused;
  for (int i = 0; i < 2000; ++i) free(keep(malloc(i % 3000)));
  lose_in_child();
  return 6;
}

int main(void) {
  enum { kBytes = 256 << 10 };
  char* stack = mmap(NULL, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return 1;
  const pid_t pid = clone(body, stack + kBytes, SIGCHLD, NULL);
  int status = -1;
  if (waitpid(pid, &status, 0) != pid) return 2;
  printf("ended with %d\n", WEXITSTATUS(status));
  return 0;
}
