// Two objects that share each other.
// lost lose_cycle 2 *
// reachable keep_shared 1 *
#include <memory>
#include "leak.h"
struct Node {
  std::shared_ptr<Node> other;
  char room[100];
};
static std::shared_ptr<Node> known;
APART void lose_cycle() {
  auto one = std::make_shared<Node>(), two = std::make_shared<Node>();
  one->other = two;
  two->other = one;
}
APART void keep_shared() { known = std::make_shared<Node>(); }
int main() {
  lose_cycle();
  keep_shared();
  scrub();
  _Exit(0);
}
