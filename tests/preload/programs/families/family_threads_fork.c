// Several threads fork at the same time while others allocate: each child counts its own, and none hangs.
//
// row: families | four threads fork at once while three others allocate
// profiles 41
// lost lose_in_child 4000 40
// expect all(p.live("lose_in_child") == (100, 1) for p in profiles[1:])
// expect live("churn") == (0, 0)
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static atomic_int stop;

NOINLINE static void* churn(void* unused) {
  while (!stop) {
    void* blocks[64];
    for (int i = 0; i < 64; ++i) blocks[i] = keep(malloc(16 << (i % 8)));
    for (int i = 0; i < 64; ++i) free(blocks[i]);
  }
  return unused;
}
NOINLINE static void lose_in_child(void) { keep(malloc(100)); }

static void* fork_ten(void* bad) {
  for (int i = 0; i < 10; ++i) {
    const pid_t pid = fork();
    if (pid == 0) {
      alarm(60);
      lose_in_child();
      for (int j = 0; j < 300; ++j) free(keep(malloc(16 << (j % 8))));
      _exit(7);
    }
    int status = 0;
    if (waitpid(pid, &status, 0) != pid || status != 7 << 8) atomic_fetch_add((atomic_int*)bad, 1);
  }
  return NULL;
}

int main(void) {
  pthread_t churners[3], forkers[4];
  atomic_int bad = 0;
  for (int i = 0; i < 3; ++i) pthread_create(&churners[i], NULL, churn, NULL);
  for (int i = 0; i < 4; ++i) pthread_create(&forkers[i], NULL, fork_ten, &bad);
  for (int i = 0; i < 4; ++i) pthread_join(forkers[i], NULL);
  stop = 1;
  for (int i = 0; i < 3; ++i) pthread_join(churners[i], NULL);
  printf("%d children ended otherwise\n", bad);
  return bad != 0;
}
