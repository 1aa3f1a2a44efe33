// Another preload that wraps malloc and passes on to the next, behind whatever is preloaded already: every block reaches the
// outermost, and a free is counted by those it reaches.
//
// row: company | another malloc wrapper preloaded behind
// profiles 2
// expect leaks("lose") == (0, 0)
// lost lose 250 5
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "support.h"

NOINLINE static void lose(void) {
  for (int i = 0; i < 5; ++i) keep(malloc(50));
}

int main(int count, char** arguments) {
  if (count == 1) {
    const char* before = getenv("LD_PRELOAD");
    char list[9000];
    snprintf(list, sizeof list, "%s%s%s", before ? before : "", before ? ":" : "", beside("preload_counter.so"));
    setenv("LD_PRELOAD", list, 1);
    execl(arguments[0], arguments[0], "again", (char*)NULL);
    return 1;
  }
  lose();
  for (int i = 0; i < 1000; ++i) free(keep(realloc(keep(malloc(i)), i + 10)));
  char* text = strdup("a text of libc's");
  puts(text);
  free(text);
  return 0;
}
