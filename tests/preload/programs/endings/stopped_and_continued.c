// Stopped by SIGSTOP in the middle of its work, and continued by another process.
//
// row: endings | SIGSTOP and SIGCONT
// exit 6
// profiles 2
// lost lose 500 5
// lost work 0 0
// expect parent.process["end"] == "exit" and parent.process["exit_code"] == 6
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "ending.h"

static volatile int stop;
NOINLINE static void* work(void* unused) {
  for (unsigned i = 0; i < 1000 || !stop; ++i) free(keep(malloc(1 + i % 3000)));
  return unused;
}

int main(void) {
  pthread_t thread;
  const pid_t helper = fork();
  if (helper == 0) {
    const pid_t parent = getppid();
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", parent);
    kill(parent, SIGSTOP);
    while (state != 'T') {
      FILE* file = fopen(path, "r");
      if (file == NULL || fscanf(file, "%*d (%*[^)]) %c", &state) != 1) _exit(1);
      fclose(file);
    }
    kill(parent, SIGCONT);
    _exit(0);
  }
  pthread_create(&thread, NULL, work, NULL);
  int status = 1;
  while (waitpid(helper, &status, 0) != helper) {}
  stop = 1;
  pthread_join(thread, NULL);
  lose();
  puts("on it goes");
  return status == 0 ? 6 : 1;
}
