// A grandchild whose parents are gone works on, and its profile says what it did.
//
// row: families | a grandchild whose parents have ended
// profiles 3
// lost lose_alone 900 9
// expect [p.live("lose_alone") for p in profiles if p.live("lose_alone")[1]] == [(900, 9)]
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose_alone(void) {
  for (int i = 0; i < 9; ++i) keep(malloc(100));
}

static void work(void) {
  for (int i = 0; i < 3000; ++i) free(keep(malloc(i)));
}

int main(void) {
  int done[2];
  if (pipe(done) != 0) return 1;
  work();
  const pid_t child = fork();
  if (child == 0) {
    close(done[0]);
    work();
    const pid_t middle = getpid();
    if (fork() == 0) {
      while (getppid() == middle) usleep(1000);
      work();
      lose_alone();
      // Its end of the pipe closes when it is gone, and everything is written.
      _exit(0);
    }
    _exit(0);
  }
  close(done[1]);
  int status = -1;
  if (waitpid(child, &status, 0) != child || status != 0) return 2;
  char word;
  if (read(done[0], &word, 1) != 0) return 3;
  printf("the grandchild has ended\n");
  return 0;
}
