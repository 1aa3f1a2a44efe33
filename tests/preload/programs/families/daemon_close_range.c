// daemon(3), and then every descriptor closed by one call of close_range.
//
// row: families | daemon(3), every descriptor closed by close_range
// profiles any
// lost lose_in_daemon 1300 13
// expect [p.live("lose_in_daemon") for p in profiles if p.live("lose_in_daemon")[1]] == [(1300, 13)]
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose_in_daemon(void) {
  for (int i = 0; i < 13; ++i) keep(malloc(100));
}

int main(void) {
  int done[2];
  if (pipe(done) != 0) return 1;
  const pid_t child = fork();
  if (child == 0) {
    dup2(done[1], 3);
    if (daemon(0, 0) != 0) _exit(1);
    if (syscall(SYS_close_range, 4U, ~0U, 0U) != 0)
      for (int fd = 4; fd < 1024; ++fd) close(fd);
    for (int fd = 0; fd < 3; ++fd) close(fd);
    for (int i = 0; i < 20000; ++i) free(keep(malloc(i % 4000)));
    lose_in_daemon();
    // The program's own next file gets the lowest number: weir holds none.
    const int next = open("/dev/null", O_RDWR);
    if (write(3, next == 0 ? "y" : "n", 1) != 1) _exit(3);
    exit(0);
  }
  close(done[1]);
  waitpid(child, NULL, 0);
  char word = '?', end;
  if (read(done[0], &word, 1) != 1) return 2;
  const int ended = read(done[0], &end, 1) == 0;
  printf("the daemon's next descriptor is 0: %c; it ended: %d\n", word, ended);
  return 0;
}
