// An environment of hundreds of KiB, one variable of it as large as the kernel lets it be, and as many arguments.
//
// row: faults | an environment and arguments of hundreds of KiB
// profiles any
// expect child.leaks("lose") == (1000, 10)
// lost lose 1000 10
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sites.h"

static NOINLINE void lose(void) { keep(malloc(100)); }

int main(int count, char** arguments) {
  if (count == 1) {
    enum { kWords = 2000 };
    static char text[kWords][100], big[131000];
    static char *words[kWords + 2], *variables[kWords + 300];
    words[0] = arguments[0];
    for (int i = 0; i != kWords; ++i) {
      snprintf(text[i], sizeof(text[i]), "VARIABLE_%d=%080d", i, i);
      words[1 + i] = variables[i] = text[i];
    }
    memset(big, 'x', sizeof(big) - 1);
    memcpy(big, "BIG=", 4);
    variables[kWords] = big;
    int used = kWords + 1;
    for (char** one = environ; *one != NULL && used < kWords + 299; ++one) variables[used++] = *one;
    execve("/proc/self/exe", words, variables);
    return 2;
  }
  for (int i = 0; i != 10; ++i) lose();
  printf("%d %zu\n", count, strlen(getenv("BIG")));
  return 0;
}
