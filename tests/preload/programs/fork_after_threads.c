// What ended threads of the parent remembered of stacks does not put the child's blocks on the parent's account.
//
// row: families | fork after threads have come and gone; threads in the child
// lost lose 60000 60
// profiles 2
// expect child.leaks("lose") == (60 * 1000, 60)
// expect child.host["peak_bytes"] < 200000
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static int losing;

NOINLINE static void lose(void) {
  for (int i = 0; i < 20; ++i) {
    void* block = keep(malloc(1000));
    if (!losing) free(block);
  }
}
static void* body(void* unused) {
  (void)unused;
  lose();
  return NULL;
}
static void run_threads(void) {
  for (int i = 0; i < 3; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, NULL) != 0) exit(1);
    pthread_join(thread, NULL);
  }
}

int main(void) {
  run_threads();
  const pid_t child = fork();
  if (child == 0) {
    losing = 1;
    run_threads();
    exit(0);
  }
  int status = 0;
  const int bad = waitpid(child, &status, 0) != child || status != 0;
  printf("the child ended with %d\n", status);
  return bad;
}
