// Trees point up and down; the header of a map in a variable knows its root.
// reachable keep_map 100 *
// lost lose_map 101 *
#include <map>
#include "leak.h"
static std::map<int, long> known;
static std::map<int, long>* volatile seen;
APART void keep_map() {
  for (int i = 0; i != 100; ++i) known[i * 7 % 100] = i;
}
APART void lose_map() {
  seen = new std::map<int, long>;
  for (int i = 0; i != 100; ++i) (*seen)[i] = i;
}
int main() {
  keep_map();
  lose_map();
  seen = nullptr;
  scrub();
  _Exit(0);
}
