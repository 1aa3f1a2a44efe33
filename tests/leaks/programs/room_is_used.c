// A program that asks how much room a block has may keep its pointers in all of it.
// reachable keep_in_room 1 170
// reachable keep_holder 1 33
// differs keep_in_room: to valgrind no block has more room than was asked for
#include <malloc.h>
#include "leak.h"
static char* volatile holder;
APART void keep_holder(void) { holder = block(33); }
APART void keep_in_room(void) {
  char* made = block(170);
  const size_t words = malloc_usable_size(holder) / sizeof(char*);
  if (words * sizeof(char*) > 33) ((char* volatile*)holder)[words - 1] = made;
}
int main(void) {
  keep_holder();
  keep_in_room();
  scrub();
  return 0;
}
