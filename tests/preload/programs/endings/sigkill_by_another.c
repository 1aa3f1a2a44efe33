// SIGKILL from another process, while two threads allocate: the killer is a child that was forked before.
//
// row: endings | SIGKILL by another process
// signal 9
// profiles 2
// lost lose 500 5
// expect sorted(p.process["end"] for p in profiles) == sorted(["exit", "signal" if mode == "cli" else "killed"])
#include <pthread.h>
#include <signal.h>

#include "ending.h"

int main(void) {
  int ready[2];
  char byte;
  if (pipe(ready) != 0) return 1;
  if (fork() == 0) {
    const pid_t parent = getppid();
    free(keep(malloc(10)));
    if (read(ready[0], &byte, 1) != 1) _exit(1);
    usleep(20000);
    kill(parent, SIGKILL);
    _exit(0);
  }
  pthread_t thread;
  lose();
  say("come\n");
  pthread_create(&thread, NULL, churn, NULL);
  if (write(ready[1], "x", 1) != 1) return 1;
  churn(NULL);
}
