// Built with UndefinedBehaviorSanitizer, which has no malloc of its own: everything is recorded.
//
// compile: -fsanitize=undefined
// link: -fsanitize=undefined
// row: company | built with UndefinedBehaviorSanitizer
// expect "signed integer overflow" in stderr
// expect leaks("lose") == (5 * 80, 5)
// lost lose 400 5
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

NOINLINE static void lose(void) {
  for (int i = 0; i < 5; ++i) keep(malloc(80));
}

int main(int count, char** arguments) {
  (void)arguments;
  lose();
  volatile int large = INT_MAX;
  printf("%d\n", large + count);
  return 0;
}
