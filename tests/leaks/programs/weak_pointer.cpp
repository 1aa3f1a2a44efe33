// A weak pointer keeps the memory of an object that was made with its counts; and a cycle broken by one is freed.
// reachable keep_counts 1 *
#include <memory>
#include "leak.h"
struct Node {
  std::shared_ptr<Node> strong;
  std::weak_ptr<Node> weak;
};
static std::weak_ptr<Node> known;
APART void keep_counts() {
  auto one = std::make_shared<Node>();
  known = one;
}
APART void freed_both() {
  auto one = std::make_shared<Node>(), two = std::make_shared<Node>();
  one->strong = two;
  two->weak = one;
}
int main() {
  keep_counts();
  freed_both();
  scrub();
  _Exit(0);
}
