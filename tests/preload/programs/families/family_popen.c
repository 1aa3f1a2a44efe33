// system and popen: shells between the program and what it runs, each with a profile of its own.
//
// row: families | system and popen
// profiles any
// lost lose 300 3
// expect len([p for p in profiles if p.process["exe"].endswith("/cat")]) == 2
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "support.h"

NOINLINE static void lose(void) { keep(malloc(100)); }

int main(void) {
  lose();
  char line[80] = {0};
  FILE* from = popen("echo through a pipe | cat", "r");
  if (from == NULL || fgets(line, sizeof(line), from) == NULL) return 1;
  const int closed = pclose(from);
  lose();
  FILE* to = popen("cat > /dev/null; exit 5", "w");
  if (to == NULL) return 2;
  fputs("words\n", to);
  const int wrote = pclose(to);
  const int ran = system("exit 3");
  lose();
  printf("%s%d %d %d\n", line, WEXITSTATUS(closed), WEXITSTATUS(wrote), WEXITSTATUS(ran));
  return 0;
}
