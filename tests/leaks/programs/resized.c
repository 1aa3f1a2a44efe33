// Resized in place and moved, small and large; what the old place held.
// reachable resize_again 1 90001
// reachable keep_grown 1 9000000
// lost lose_moved 1 100000
// lost lose_shrunk 1 10
// reachable keep_inside_moved 1 320
#include "leak.h"
static char* volatile moved;
static char* volatile grown;
APART void keep_moved(void) { moved = realloc(malloc(10), 90000); }
APART void keep_grown(void) {
  grown = malloc(1 << 20);
  grown = realloc(grown, 9000000);
}
APART void lose_moved(void) { (void)*(char volatile*)realloc(malloc(100), 100000); }
APART void lose_shrunk(void) { (void)*(char volatile*)realloc(malloc(100000), 10); }
APART void keep_inside_moved(void) { ((char**)moved)[3] = block(320); }
APART void resize_again(void) { moved = realloc(moved, 90001); }
int main(void) {
  keep_moved();
  keep_inside_moved();
  resize_again();
  keep_grown();
  lose_moved();
  lose_shrunk();
  scrub();
  return 0;
}
