// Fork handlers that allocate, before and after, in parent and child; one waits for a thread that allocates. None hangs.
//
// row: families | fork handlers that allocate and start threads
// lost lose 144 3
// profiles any
// expect parent.leaks("lose") == (3 * 48, 3)
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static void* work(void* unused) {
  (void)unused;
  for (int i = 0; i < 100; ++i) free(keep(malloc(8 * i)));
  return NULL;
}

static void before(void) {
  pthread_t thread;
  free(keep(malloc(3000)));
  if (pthread_create(&thread, NULL, work, NULL) == 0) pthread_join(thread, NULL);
}
static void after(void) { free(keep(malloc(3000))); }

__attribute__((constructor)) static void enrol(void) { pthread_atfork(before, after, after); }

NOINLINE static void lose(void) { keep(malloc(48)); }

int main(void) {
  for (int i = 0; i < 3; ++i) {
    lose();
    const pid_t child = fork();
    if (child == 0) {
      free(keep(malloc(5)));
      _exit(0);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  puts("three children");
  return 0;
}
