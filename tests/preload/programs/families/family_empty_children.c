// A forked child that allocates and frees nothing leaves no profile: there is nothing to say of it.
//
// row: families | forked children that allocate nothing
// profiles 1
// lost lose 100 1
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  int ended = 0;
  for (int i = 0; i < 50; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(2);
    int status = -1;
    ended += waitpid(child, &status, 0) == child && status == 2 << 8;
  }
  printf("%d children\n", ended);
  return ended != 50;
}
