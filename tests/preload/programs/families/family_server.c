// A server that forks children one after another; every second one allocates. Says what that cost the parent. (With a number
// of children: scenarios/family_forks.py.)
//
// run under: preload
// build: O2
// profiles 6
// bare: no
// expect "more descriptors: 0" in stdout
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

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

static long private_pages(void) {
  long size = 0, resident = 0, shared = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld %ld %ld", &size, &resident, &shared) != 3) exit(9);
  fclose(file);
  return resident - shared;
}

static int mappings(void) {
  int lines = 0;
  FILE* file = fopen("/proc/self/maps", "r");
  for (int c; file != NULL && (c = fgetc(file)) != EOF;) lines += c == '\n';
  if (file != NULL) fclose(file);
  return lines;
}

static void fork_one(int i) {
  const pid_t child = fork();
  if (child == 0) {
    if (i % 2 == 0) {
      lose_in_child();
      free(keep(malloc(i)));
    }
    _exit(0);
  }
  int status = -1;
  if (waitpid(child, &status, 0) != child || status != 0) exit(8);
}

int main(int count, char** words) {
  const int children = count > 1 ? atoi(words[1]) : 10;
  for (int i = 0; i < children / 5; ++i) fork_one(i);
  const int files = open_files(), ranges = mappings();
  const long pages = private_pages();
  for (int i = children / 5; i < children; ++i) fork_one(i);
  printf("more descriptors: %d\nmore mappings: %d\nmore pages: %ld\n", open_files() - files, mappings() - ranges, private_pages() - pages);
  return 0;
}
