// A pool of the program's own, made of blocks: what is handed out of it is interior, what it knows is followed.
// reachable keep_pool 3 196608
// reachable keep_in_pool 1 310
// lost lose_pool 2 40000
// lost lose_in_pool 1 311
#include "leak.h"
struct pool {
  struct pool* before;
  size_t used;
};
static char* volatile from_pool;
APART char* keep_pool(void) {
  struct pool* newest = NULL;
  for (int i = 0; i != 3; ++i) {
    struct pool* one = calloc(1, 65536);
    one->before = newest;
    newest = one;
  }
  return (char*)newest;
}
APART char* lose_pool(void) {
  struct pool* one = calloc(1, 20000);
  one->before = calloc(1, 20000);
  return (char*)one;
}
APART void keep_in_pool(char* pool) {
  *(char**)(pool + 3200) = block(310);
  from_pool = pool + 3200;
}
APART void lose_in_pool(char* pool) { *(char**)(pool + 3200) = block(311); }
int main(void) {
  keep_in_pool(keep_pool());
  lose_in_pool(lose_pool());
  scrub();
  return 0;
}
