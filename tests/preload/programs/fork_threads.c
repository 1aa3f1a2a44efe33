// fork while other threads allocate: no child may hang on a lock that a thread held, and the child's own
// counts are exact.
//
// row: families | fork while other threads allocate
// lost lose_in_child 1280 20
// profiles 21
// expect all(p.leaks("lose_in_child") == (64, 1) for p in profiles[1:])
// expect leaks("lose_in_child") == (0, 0)
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
NOINLINE static void lose_in_child(void) { keep(malloc(64)); }

int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], NULL, churn, NULL);
  int bad = 0;
  for (int i = 0; i < 20; ++i) {
    const pid_t pid = fork();
    if (pid == 0) {
      alarm(20);
      lose_in_child();
      for (int j = 0; j < 1000; ++j) free(keep(malloc(16 << (j % 8))));
      exit(0);
    }
    int status = 0;
    if (waitpid(pid, &status, 0) != pid || status != 0) ++bad;
  }
  stop = 1;
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
  printf("%d children ended otherwise\n", bad);
  return bad;
}
