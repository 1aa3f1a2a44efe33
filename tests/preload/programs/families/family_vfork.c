// A vfork child lives in its parent's memory until it runs another program or leaves: what it allocates is the parent's.
//
// row: families | a vfork child that allocates, and then leaves or runs a program
// profiles any
// lost lose 500 5
// expect parent.live("lose") == (500, 5)
// expect parent.process["end"] == "exit"
// expect len([p for p in profiles if "family_vfork" in p.process["exe"]]) == 1
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

static int wait_for(pid_t child) {
  int status = -1;
  return waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : -1;
}

static char stack[64 << 10];
static int in_clone(void* unused) {
  (void)unused;
  lose();
  free(keep(malloc(3000)));
  return 4;
}

int main(void) {
  lose();
  pid_t pid = vfork();
  if (pid == 0) {
    lose();
    _exit(3);
  }
  const int left = wait_for(pid);
  pid = vfork();
  if (pid == 0) {
    lose();
    execl("/bin/true", "true", (char*)NULL);
    _exit(9);
  }
  const int ran = wait_for(pid);
  pid = clone(in_clone, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
  const int cloned = wait_for(pid);
  lose();
  printf("left with %d, ran with %d, cloned with %d\n", left, ran, cloned);
  return 0;
}
