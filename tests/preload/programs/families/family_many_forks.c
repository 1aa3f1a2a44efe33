// A server forks 150 children one after another, each allocates a little: one profile for each, and the parent's
// descriptors and memory stay as they were.
//
// row: families | a parent that forks 150 children, each of which allocates
// run under: preload
// build: O2
// profiles 151
// lost lose_in_child 9600 150
// lost lose 64 1
// expect all(p.live("lose_in_child") == (64, 1) for p in profiles[1:])
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(64)); }
NOINLINE static void lose_in_child(void) { keep(malloc(64)); }

static int open_files(void) {
  int count = 0;
  for (int fd = 0; fd < 1000; ++fd) {
    char path[40], target[8];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    count += readlink(path, target, sizeof(target)) > 0;
  }
  return count;
}

// Pages of private memory in use.
static long pages(void) {
  static char text[200];
  long size = 0, resident = 0, shared = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld %ld %ld", &size, &resident, &shared) != 3) exit(9);
  fclose(file);
  return resident - shared;
}

static void fork_one(int i) {
  const pid_t child = fork();
  if (child == 0) {
    lose_in_child();
    free(keep(malloc(i)));
    _exit(0);
  }
  int status = -1;
  if (waitpid(child, &status, 0) != child || status != 0) exit(8);
}

int main(void) {
  lose();
  for (int i = 0; i < 20; ++i) fork_one(i);
  const int files = open_files();
  const long before = pages();
  for (int i = 0; i < 130; ++i) fork_one(i);
  const int more = open_files() - files;
  const long grown = pages() - before;
  printf("%d more descriptors, %s\n", more, grown < 100 ? "no more memory" : "more memory");
  return more != 0 || grown >= 100;
}
