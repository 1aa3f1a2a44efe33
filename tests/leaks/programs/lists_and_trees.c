// A list, doubly linked, of 1000; a tree of 1023; a table of 100 lists: lost with their first block.
// lost lose_list 1000 24000
// lost lose_tree 1023 24552
// reachable keep_table 1101 27200
#include "leak.h"
struct node {
  struct node *left, *right;
  long number;
};
static struct node** volatile table;
APART void lose_list(void) {
  struct node* last = NULL;
  for (int i = 0; i != 1000; ++i) {
    struct node* one = malloc(sizeof *one);
    one->left = last;
    one->right = NULL;
    if (last != NULL) last->right = one;
    last = one;
  }
}
static struct node* tree(int depth) {
  struct node* one = malloc(sizeof *one);
  one->left = depth == 1 ? NULL : tree(depth - 1);
  one->right = depth == 1 ? NULL : tree(depth - 1);
  return one;
}
APART void lose_tree(void) { (void)*(long volatile*)tree(10); }
APART void keep_table(void) {
  table = calloc(400, sizeof *table);
  for (int i = 0; i != 1000; ++i) {
    struct node* one = malloc(sizeof *one);
    one->right = NULL;
    one->left = table[i % 100];
    table[i % 100] = one;
  }
  for (int i = 100; i != 200; ++i) {
    table[i] = malloc(0);
    table[i] = (void*)table[i];
  }
}
int main(void) {
  lose_list();
  lose_tree();
  keep_table();
  scrub();
  return 0;
}
