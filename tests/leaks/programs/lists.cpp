// A list is a ring through the object; the one in a variable is known, the other is lost from the object on.
// reachable keep_list 50 *
// lost lose_list 51 *
#include <list>
#include "leak.h"
static std::list<long> known;
static std::list<long>* volatile seen;
APART void keep_list() {
  for (int i = 0; i != 50; ++i) known.push_back(i);
}
APART void lose_list() {
  seen = new std::list<long>;
  for (int i = 0; i != 50; ++i) seen->push_front(i);
}
int main() {
  keep_list();
  lose_list();
  seen = nullptr;
  scrub();
  _Exit(0);
}
