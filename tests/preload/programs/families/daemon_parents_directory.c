// WEIR_OUT is a relative name, and the child has changed its directory before its first operation: its profile lies where
// the program was started.
//
// row: families | forked children that have changed directory; the profile has a relative name
// WEIR_OUT=here.%p.weir
// profiles 3
// lost lose_elsewhere 200 2
// expect all(p.path.parent == outcome.folder for p in profiles)
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose_elsewhere(void) { keep(malloc(100)); }

int main(void) {
  int ended = 0;
  const char* places[] = {"/", "/proc"};
  for (int i = 0; i < 2; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      if (chdir(places[i]) != 0) _exit(1);
      lose_elsewhere();
      exit(0);
    }
    int status = -1;
    ended += waitpid(child, &status, 0) == child && status == 0;
  }
  printf("%d children\n", ended);
  return ended != 2;
}
