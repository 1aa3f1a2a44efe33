// main's own variables are gone when it returns.
// lost lose_with_main 1 170
#include "leak.h"
APART char* lose_with_main(void) { return block(170); }
int main(void) {
  char* volatile local = lose_with_main();
  scrub();
  return local == NULL;
}
