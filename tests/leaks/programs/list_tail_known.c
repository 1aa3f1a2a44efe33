// A global knows only the middle of a singly linked list: what comes before is lost.
// lost lose_head 6 240
// reachable keep_tail 4 400
#include "leak.h"
struct node {
  struct node* next;
};
static struct node* volatile tail;
APART void keep_tail(void) {
  for (int i = 0; i != 4; ++i) {
    struct node* one = malloc(100);
    one->next = tail;
    tail = one;
  }
}
APART void lose_head(void) {
  struct node* at = tail;
  for (int i = 0; i != 6; ++i) {
    struct node* one = malloc(40);
    one->next = at;
    at = one;
  }
}
int main(void) {
  keep_tail();
  lose_head();
  scrub();
  return 0;
}
