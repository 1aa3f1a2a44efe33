// The first allocation of all is made in a forked child, and in a grandchild; the parent makes none.
//
// profiles any
// expect sorted(p.leaks("lose") for p in profiles if p.host["allocated_blocks"]) == [(100, 1), (200, 2)]
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(int blocks) {
  for (int i = 0; i < blocks; ++i) keep(malloc(100));
}

static int status_of_child(void) {
  int status = 0;
  wait(&status);
  return status;
}

int main(void) {
  if (fork() == 0) {
    lose(1);
    exit(0);
  }
  if (status_of_child() != 0) return 1;
  if (fork() == 0) {
    if (fork() == 0) {
      lose(2);
      exit(0);
    }
    _exit(status_of_child() != 0);
  }
  return status_of_child() != 0;
}
