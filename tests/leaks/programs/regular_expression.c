// A compiled expression: hundreds of blocks that a variable holds, or does not.
// reachable keep_compiled *
// lost lose_compiled *
#include <regex.h>
#include "leak.h"
static regex_t known;
APART void keep_compiled(void) { regcomp(&known, "a(b|c)*[d-z]+(x{2,3})$", REG_EXTENDED); }
APART void lose_compiled(void) {
  regex_t local;
  regcomp(&local, "a(b|c)*[d-z]+(x{2,3})$", REG_EXTENDED);
}
int main(void) {
  keep_compiled();
  lose_compiled();
  scrub();
  return 0;
}
