// WEIR_OUT is one fixed name for a whole family: each process gets a file of its own, no one's is overwritten.
//
// row: families | one fixed name for the profiles of a whole family
// WEIR_OUT=@DIR@/fixed.weir
// profiles 9
// lost lose_in_child 800 8
// expect all(p.live("lose_in_child") == (100, 1) for p in profiles[1:])
// expect parent.path.name == "fixed.weir"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose_in_child(void) { keep(malloc(100)); }

int main(void) {
  int go[2];
  if (pipe(go) != 0) return 1;
  for (int i = 0; i < 8; ++i) {
    if (fork() != 0) continue;
    char word;
    close(go[1]);
    if (read(go[0], &word, 1) != 0) _exit(1);  // all begin at the same moment
    lose_in_child();
    exit(0);
  }
  close(go[1]);
  int ended = 0, status = -1;
  while (wait(&status) > 0) ended += status == 0;
  printf("%d children\n", ended);
  return ended != 8;
}
