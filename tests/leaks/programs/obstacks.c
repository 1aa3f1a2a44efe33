// An obstack's chunks are a list that grows backwards.
// reachable keep_objects *
// lost lose_objects *
#include <obstack.h>
#include "leak.h"
#define obstack_chunk_alloc malloc
#define obstack_chunk_free free
static struct obstack known;
static APART void fill(struct obstack* at) {
  for (int i = 0; i != 100; ++i) memset(obstack_alloc(at, 500), 1, 500);
}
APART void keep_objects(void) {
  obstack_init(&known);
  fill(&known);
}
APART void lose_objects(void) {
  struct obstack local;
  obstack_init(&local);
  fill(&local);
}
int main(void) {
  keep_objects();
  lose_objects();
  scrub();
  return 0;
}
