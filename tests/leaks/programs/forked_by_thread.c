// A thread forks: in the child there is only that thread, and the others' stacks are nobody's in the end.
// profiles 2
// reachable keep_of_main 2 720
// link -pthread
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
#include "leak.h"
static int status;
APART char* keep_of_main(void) { return block(360); }
static void* work(void* none) {
  const pid_t child = fork();
  if (child == 0) {
    free(malloc(10));
    exit(0);
  }
  waitpid(child, &status, 0);
  exit(status);
}
int main(void) {
  pthread_t thread;
  char* volatile local = keep_of_main();
  pthread_create(&thread, NULL, work, NULL);
  pthread_join(thread, NULL);
  return local == NULL;
}
