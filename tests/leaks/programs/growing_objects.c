// obstack's chunks, a search tree of the C library, a hash table of it.
// reachable keep_tree 51 *
// lost lose_tree 50 *
// reachable keep_hash *
#include <search.h>
#include "leak.h"
static void* root;
static int numbers[100];
static int order(const void* a, const void* b) { return *(const int*)a - *(const int*)b; }
APART void keep_tree(void) {
  for (int i = 0; i != 51; ++i) tsearch(&numbers[i], &root, order);
}
APART void lose_tree(void) {
  void* local = NULL;
  for (int i = 0; i != 50; ++i) tsearch(&numbers[i], &local, order);
}
APART void keep_hash(void) { hcreate(100); }
int main(void) {
  for (int i = 0; i != 100; ++i) numbers[i] = i;
  keep_tree();
  lose_tree();
  keep_hash();
  scrub();
  return 0;
}
