// putenv keeps the string itself, in a list of strings that it makes for itself.
// reachable keep_string 2 *
#include "leak.h"
APART void keep_string(void) {
  char* text = block(270);
  strcpy(text, "WEIR_TEST_OF_LEAKS=1");
  putenv(text);
}
int main(void) {
  keep_string();
  scrub();
  return 0;
}
