// A program started by handing it to the loader: /lib64/ld-linux-x86-64.so.2 PROGRAM. It keeps its name and its call stacks.
//
// row: company | started through the loader itself
// profiles 2
// expect re.match(r"through_loader\.O", child.process["exe"].split("/")[-1])
// expect child.frame("lose")["module"].split("/")[-1].startswith("through_loader.O")
// expect child.frame("lose")["line"] is not None
// expect child.coverage("warnings") == []
// lost lose 420 6
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

NOINLINE static void lose(void) {
  for (int i = 0; i < 6; ++i) keep(malloc(70));
}

int main(int count, char** arguments) {
  if (count == 1) {
    char path[4096];
    const ssize_t bytes = readlink("/proc/self/exe", path, sizeof path - 1);
    if (bytes < 0) return 1;
    path[bytes] = 0;
    execl("/lib64/ld-linux-x86-64.so.2", "ld.so", path, "again", (char*)NULL);
    return 2;
  }
  lose();
  puts("started by the loader");
  return 0;
}
