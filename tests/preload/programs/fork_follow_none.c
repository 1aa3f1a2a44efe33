// WEIR_FOLLOW=none: neither a forked child nor an executed one leaves a profile; both run as ever.
//
// WEIR_FOLLOW=none
// profiles 1
// expect leaks("lose_in_child") == (0, 0)
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose_in_child(void) { keep(malloc(64)); }

int main(void) {
  if (fork() == 0) {
    lose_in_child();
    free(keep(malloc(1000)));
    if (fork() == 0) {
      execl("/bin/ls", "ls", "/", (char*)NULL);
      _exit(1);
    }
    int status = 1;
    wait(&status);
    exit(status != 0);
  }
  int status = 1;
  wait(&status);
  return status != 0;
}
