// What an earlier block of the same memory held is nobody's, where it is behind what the next one asked for.
// lost lose_behind 1 150
// lost lose_across 1 160
// reachable keep_holders 2 20
#include "leak.h"
static char* volatile holders[2];
static char* volatile places[2];
APART char* lose_behind(void) { return block(150); }
APART char* lose_across(void) { return block(160); }
APART void fill_and_free(int i, int word, char* (*lose)(void)) {
  char* volatile* place = malloc(24);
  place[0] = place[1] = place[2] = NULL;
  place[word] = lose();
  places[i] = (char*)place;
}
APART void keep_holders(void) {
  for (int i = 0; i != 2; ++i) {
    free(places[i]);
    places[i] = NULL;
    holders[i] = malloc(10);  // where the other was
    *holders[i] = 1;
  }
}
int main(void) {
  fill_and_free(0, 2, lose_behind);
  fill_and_free(1, 1, lose_across);
  keep_holders();
  scrub();
  return 0;
}
