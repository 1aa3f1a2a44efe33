// A signal handler allocates while the program forks in a loop: no deadlock, in the parent or in a child, and what the
// program itself lost is exact. (glibc's malloc does not promise this: no run without weir.)
//
// lost lose 4800 300
// bare: no
// profiles any
// expect parent.leaks("lose") == (300 * 16, 300)
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static void handler(int signal) {
  (void)signal;
  free(keep(malloc(100)));
}

NOINLINE static void lose(void) { keep(malloc(16)); }

int main(void) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  sigaction(SIGCHLD, &action, NULL);
  const struct itimerval often = {{0, 200}, {0, 200}};
  setitimer(ITIMER_REAL, &often, NULL);
  for (int i = 0; i < 300; ++i) {
    lose();
    const pid_t child = fork();
    if (child == 0) _exit(0);
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return 0;
}
