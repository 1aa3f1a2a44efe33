// Long strings have a block, short ones live in the object, which points to itself.
// reachable keep_long 1 *
// lost lose_long 2 *
// lost lose_short 1 32
// reachable keep_short 1 32
#include <string>
#include "leak.h"
static std::string known;
static std::string* volatile pointer;
static std::string* volatile seen;
APART void keep_long() { known.assign(200, 'a'); }
APART void lose_long() { seen = new std::string(300, 'b'); }
APART void lose_short() { seen = new std::string("short"); }
APART void keep_short() { pointer = new std::string("short"); }
int main() {
  keep_long();
  lose_long();
  lose_short();
  keep_short();
  seen = nullptr;
  scrub();
  _Exit(0);
}
