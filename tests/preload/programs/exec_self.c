// A program that executes itself: one process id, two images, two profiles, neither lost.
//
// row: families | a program that executes itself
// lost lose 300 3
// row: endings | exec over itself
// lost lose 300 3
// profiles 2
// exit 5
// expect sorted(p.leaks("lose") for p in profiles) == [(100, 1), (200, 2)]
// expect parent.process["pid"] == child.process["pid"]
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(int blocks) {
  for (int i = 0; i < blocks; ++i) keep(malloc(100));
}

int main(int count, char** words) {
  lose(count);
  printf("image %d\n", count);
  fflush(stdout);
  if (count == 1) {
    execl("/proc/self/exe", words[0], "again", (char*)NULL);
    return 1;
  }
  puts("again");
  return 5;
}
