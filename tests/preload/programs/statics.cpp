// What static constructors, static destructors and atexit handlers allocate and free is recorded.
//
// row: endings | constructors, destructors and atexit handlers that allocate
// lost lose_in_constructor 33 3
// lost lose_in_destructor 26 2
// lost lose_at_exit 68 4
// expect leaks("lose_in_constructor") == (3 * 11, 3)
// expect leaks("lose_in_destructor") == (2 * 13, 2)
// expect leaks("lose_at_exit") == (4 * 17, 4)
// expect live("Early::made_early") == (0, 0)
// expect freed("Early::made_early") == 5
#include <cstdio>
#include <cstdlib>

#include "support.h"

NOINLINE static void lose_in_constructor() {
  for (int i = 0; i < 3; ++i) keep(std::malloc(11));
}
NOINLINE static void lose_in_destructor() {
  for (int i = 0; i < 2; ++i) keep(std::malloc(13));
}
NOINLINE static void lose_at_exit() {
  for (int i = 0; i < 4; ++i) keep(std::malloc(17));
}

struct Early {
  NOINLINE void made_early() {
    for (void*& block : blocks) block = keep(std::malloc(19));
  }
  Early() {
    lose_in_constructor();
    made_early();
  }
  ~Early() {
    for (void* block : blocks) std::free(block);
    lose_in_destructor();
  }
  void* blocks[5];
};
static Early early;

int main() {
  std::puts("constructed");
  return std::atexit(lose_at_exit);
}
