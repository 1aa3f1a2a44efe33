// The block that knew it was freed; its memory still holds the pointer.
// lost lose_in_freed 1 300
// lost lose_in_freed_large 1 301
#include "leak.h"
APART void lose_in_freed(void) {
  char** holder = calloc(64, sizeof *holder);
  holder[40] = block(300);
  free(holder);
}
APART void lose_in_freed_large(void) {
  char** holder = calloc(1 << 15, sizeof *holder);
  holder[20000] = block(301);
  free(holder);
}
int main(void) {
  lose_in_freed();
  lose_in_freed_large();
  scrub();
  return 0;
}
