// What scenario kill_any_moment ends in the middle of: 1000 blocks of 10 bytes stay, and then, as the argument says, new call
// stacks come all the time (sites), children are forked that end in every way (forks), the program executes itself again and
// again (exec), or it ends (exits). Here a timer ends it.
//
// build: O1
// args: sites 300
// signal 14
// lost hold 10000 1000
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "ending.h"

NOINLINE static void hold(void) {
  for (int i = 0; i < 1000; ++i) keep(malloc(10));
}

/* Four functions that call each other in the order that the path's bits say: as many stacks as there are paths. */
NOINLINE static void leaf(unsigned path) {
  static __thread void* blocks[256];
  free(blocks[path % 256]);
  blocks[path % 256] = keep(malloc(16 + path % 1000));
}
static void walk(unsigned path, int depth);
#define STEP(name)                                                    \
  NOINLINE static void name(unsigned path, int depth) {               \
    walk(path, depth - 1);                                            \
    __asm__ volatile("");                                             \
  }
STEP(north) STEP(east) STEP(south) STEP(west)
NOINLINE static void walk(unsigned path, int depth) {
  static void (*const steps[])(unsigned, int) = {north, east, south, west};
  if (depth == 0)
    leaf(path);
  else
    steps[path >> 2 * depth & 3](path, depth);
  __asm__ volatile("");
}
static void* sites(void* seed) {
  unsigned state = (unsigned)(size_t)seed;
  for (;;) walk((state = state * 1664525u + 1013904223u) >> 4, 1 + state % 6);
}

NOINLINE static void child_works(void) {
  for (int i = 0; i < 20; ++i) {
    void* block = keep(malloc(30));
    if (i % 2 == 0) free(block);
  }
}
static void forks(char* self) {
  for (unsigned number = 0;; ++number) {
    const pid_t child = fork();
    if (child == 0) {
      child_works();
      if (number % 4 == 0) execl(self, self, "exits", "0", (char*)NULL);
      if (number % 4 == 1) abort();
      if (number % 4 == 2) exit(1);
      _exit(0);
    }
    usleep(4000);
    while (waitpid(-1, NULL, WNOHANG) > 0) {}
  }
}

int main(int count, char** words) {
  if (count < 3) return 2;
  const int ms = atoi(words[2]);
  hold();
  const struct itimerval soon = {{0, 0}, {ms / 1000, ms % 1000 * 1000}};
  if (ms != 0) setitimer(ITIMER_REAL, &soon, NULL);
  say("ready\n");
  switch (words[1][0]) {
    case 's': {
      pthread_t thread;
      pthread_create(&thread, NULL, sites, (void*)1);
      sites((void*)2);
      break;
    }
    case 'f': forks(words[0]); break;
    case 'e':
      if (words[1][1] == 'x' && words[1][2] == 'e') execv("/proc/self/exe", words);
      break;
  }
  return 0;
}
