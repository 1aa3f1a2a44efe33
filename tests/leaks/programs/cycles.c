// A ring, a block that knows itself, and a ring that a global knows.
// lost lose_ring 5 160
// lost lose_self 1 48
// reachable keep_ring 4 256
#include "leak.h"
struct node {
  struct node* next;
};
static struct node* volatile known;
static inline __attribute__((always_inline)) struct node* ring(int length, size_t bytes) {
  struct node* first = malloc(bytes);
  struct node* last = first;
  for (int i = 1; i != length; ++i) last = last->next = malloc(bytes);
  last->next = first;
  return first;
}
APART void lose_ring(void) { (void)*(struct node* volatile*)ring(5, 32); }
APART void lose_self(void) {
  struct node* one = malloc(48);
  one->next = one;
}
APART void keep_ring(void) { known = ring(4, 64); }
int main(void) {
  lose_ring();
  lose_self();
  keep_ring();
  scrub();
  return 0;
}
