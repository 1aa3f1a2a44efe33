// Constructors of the earliest priority that fork, run a command and start threads, in a program whose function is chosen by a
// resolver that allocates, with every symbol bound at once.
//
// env LD_BIND_NOW=1
// row: company | constructors and ifunc resolvers that allocate, fork, exec and start threads
// link: -no-pie
// compile: -fno-pie
// profiles 3
// expect leaks("lose") == (20 * 11, 11)
// lost lose 220 11
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static int status_of_child = -1, status_of_command = -1, blocks;

NOINLINE static void lose(int count) {
  for (int i = 0; i < count; ++i) keep(malloc(20));
}

static void* work(void* unused) {
  lose(5);
  return unused;
}

__attribute__((constructor(101))) static void begin(void) {
  pthread_t thread;
  lose(5);
  pthread_create(&thread, NULL, work, NULL);
  const pid_t child = fork();
  if (child == 0) {
    free(keep(malloc(10)));
    _exit(7);
  }
  waitpid(child, &status_of_child, 0);
  const pid_t command = fork();
  if (command == 0) {
    execl("/bin/true", "true", (char*)NULL);
    _exit(8);
  }
  waitpid(command, &status_of_command, 0);
  pthread_join(thread, NULL);
}

static int one(void) { return 1; }
static int two(void) { return 2; }
static int (*choose(void))(void) {
  void* block = malloc(100);
  free(block);
  return block != NULL ? two : one;
}
int chosen(void) __attribute__((ifunc("choose")));

int main(void) {
  lose(1);
  printf("%d, child %d, command %d\n", chosen(), WEXITSTATUS(status_of_child), status_of_command);
  return 0;
}
