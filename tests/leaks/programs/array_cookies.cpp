// new[] of objects with destructors: the program's pointer is behind the count.
// reachable keep_array 11 *
// lost lose_array 11 *
#include "leak.h"
struct Object {
  char* held;
  ~Object() { free(held); }
};
static Object* volatile known;
static Object* volatile seen;
static inline __attribute__((always_inline)) Object* make() {
  Object* all = new Object[10];
  for (int i = 0; i != 10; ++i) all[i].held = block(20);
  return all;
}
APART void keep_array() { known = make(); }
APART void lose_array() { seen = make(); }
int main() {
  keep_array();
  lose_array();
  seen = nullptr;
  scrub();
  _Exit(0);
}
