// The first allocation of all is made in a forked child, and in a grandchild; the parent makes none.
//
// row: families | the first allocation of all is made in a child, and in a grandchild
// lost lose 300 3
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
  const int status = status_of_child();
  static const char line[] = "child and grandchild have ended\n";  // without the block that stdio would make
  return write(1, line, sizeof(line) - 1) < 0 || status != 0;
}
