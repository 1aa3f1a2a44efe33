// A server that locks itself up in an empty directory and then forks: it works on as ever, and what it records goes on in
// the file that it has. Its children reach no file: they run unrecorded, and in the books of nobody.
//
// row: families | chroot into an empty directory, and then fork
// before: mkdir empty
// profiles any
// lost lose 1000 10
// expect parent.live("lose") == (1000, 10)
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  if (geteuid() == 0 && (chdir("empty") != 0 || chroot(".") != 0)) return 1;
  for (int i = 0; i < 9; ++i) lose();
  int ended = 0;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      for (int j = 0; j < 1000; ++j) free(keep(malloc(j)));
      exit(5);
    }
    int status = -1;
    ended += waitpid(child, &status, 0) == child && status == 5 << 8;
  }
  printf("%d children\n", ended);
  return ended != 2;
}
