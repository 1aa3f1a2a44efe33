// A daemon as the books teach it: two forks, setsid, chdir /, umask, every descriptor closed, standard streams to
// /dev/null. Its work afterwards is in its profile, which lies where the program was started.
//
// row: families | a daemon: double fork, setsid, chdir, every descriptor closed one by one
// profiles any
// lost lose_in_daemon 1100 11
// expect [p.live("lose_in_daemon") for p in profiles if p.live("lose_in_daemon")[1]] == [(1100, 11)]
// expect all("/proc" not in str(p.path) for p in profiles)
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose_in_daemon(void) {
  for (int i = 0; i < 11; ++i) keep(malloc(100));
}

static void serve(void) {
  for (int i = 0; i < 20000; ++i) free(keep(malloc(i % 4000)));
  lose_in_daemon();
}

static void become_daemon(int done) {
  if (fork() != 0) _exit(0);
  setsid();
  if (fork() != 0) _exit(0);
  if (chdir("/") != 0) _exit(1);
  umask(0);
  for (int fd = 0; fd < 1024; ++fd)
    if (fd != done) close(fd);
  if (open("/dev/null", O_RDWR) != 0 || dup(0) != 1 || dup(0) != 2) _exit(2);
  serve();
  if (write(done, "y", 1) != 1) _exit(3);
  exit(0);
}

int main(void) {
  int done[2];
  if (pipe(done) != 0) return 1;
  char* before = keep(malloc(50));
  const pid_t child = fork();
  if (child == 0) {
    become_daemon(done[1]);
  }
  close(done[1]);
  waitpid(child, NULL, 0);
  char word = 'n', end;
  if (read(done[0], &word, 1) != 1) return 2;
  const int ended = read(done[0], &end, 1) == 0;
  printf("the daemon did its work: %c, and ended: %d\n", word, ended);
  free(before);
  return word != 'y';
}
