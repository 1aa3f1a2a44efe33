// Another preload that wraps malloc and passes on to the next, before whatever is preloaded already: the next is weir, which
// says that it does not come first.
//
// row: company | another malloc wrapper preloaded in front
// profiles 2
// expect leaks("lose") == (0, 0)
// expect any("preload_counter.so comes before weir's" in line for line in child.coverage("warnings"))
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
    snprintf(list, sizeof list, "%s%s%s", beside("preload_counter.so"), before ? ":" : "", before ? before : "");
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
