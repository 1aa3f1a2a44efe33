// The parent works on between the fork and its child's first operation: what it enters in that time is not the child's.
//
// row: families | a parent that works on before its child's first allocation
// lost after_fork 280000 4000
// lost only_in_child 200000 2000
// profiles 2
// expect child.total("only_in_child") == (2000 * 100, 2000)
// expect child.leaks("only_in_child") == (2000 * 100, 2000)
// expect child.total("after_fork") == (0, 0)
// expect child.host["live_bytes"] == 2000 * 100
// expect child.host["peak_bytes"] == 2000 * 100
// expect parent.total("after_fork") == (4000 * 70, 4000)
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static void* odd(unsigned path, int depth, int bytes);
NOINLINE static void* even(unsigned path, int depth, int bytes) {
  if (depth == 0) return keep(malloc(bytes));
  return keep((path & 1 ? odd : even)(path / 2, depth - 1, bytes));
}
NOINLINE static void* odd(unsigned path, int depth, int bytes) {
  if (depth == 0) return keep(malloc(bytes));
  return keep((path & 1 ? odd : even)(path / 2, depth - 1, bytes));
}
NOINLINE static void only_in_child(void) {
  for (unsigned path = 0; path < 2000; ++path) keep(even(path, 12, 100));
}
NOINLINE static void after_fork(void) {
  for (unsigned path = 0; path < 4000; ++path) keep(even(path, 12, 70));
}

int main(void) {
  int go[2];
  if (pipe(go) != 0) return 1;
  keep(malloc(10));
  const pid_t pid = fork();
  char word = 0;
  if (pid == 0) {
    if (read(go[0], &word, 1) != 1) _exit(2);
    only_in_child();
    _exit(0);
  }
  after_fork();
  if (write(go[1], &word, 1) != 1) return 3;
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) return 4;
  printf("the child ended with %d\n", status);
  return status != 0;
}
