// Processes made by the system calls clone and clone3 themselves, which libc hears nothing of, allocate like forked ones.
//
// row: families | processes made by the system calls clone and clone3
// profiles 3
// lost lose_in_clone 300 3
// lost lose_in_clone3 500 5
// expect sorted(p.live("lose_in_clone")[1] + p.live("lose_in_clone3")[1] for p in profiles) == [0, 3, 5]
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose_in_clone(void) {
  for (int i = 0; i < 3; ++i) keep(malloc(100));
}
NOINLINE static void lose_in_clone3(void) {
  for (int i = 0; i < 5; ++i) keep(malloc(100));
}

static void work(void) {
  for (int i = 0; i < 2000; ++i) free(keep(malloc(i % 5000)));
}

static int wait_for(pid_t child) {
  int status = -1;
  return waitpid(child, &status, 0) == child ? status : -1;
}

int main(void) {
  work();
  const pid_t first = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
  if (first == 0) {
    work();
    lose_in_clone();
    _exit(3);
  }
  const int status = wait_for(first);
  struct clone_args args = {.exit_signal = SIGCHLD};
  pid_t second = syscall(SYS_clone3, &args, sizeof(args));
  if (second < 0) second = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);  // a sandbox without clone3
  if (second == 0) {
    work();
    lose_in_clone3();
    _exit(4);
  }
  printf("ended with %d and %d\n", WEXITSTATUS(status), WEXITSTATUS(wait_for(second)));
  work();
  return 0;
}
