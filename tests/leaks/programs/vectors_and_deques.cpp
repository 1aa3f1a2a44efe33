// Grown step by step: only the last room is alive. A deque's map of chunks is known by its middle.
// reachable keep_vector 1 *
// reachable keep_deque *
// lost lose_deque *
#include <deque>
#include <vector>
#include "leak.h"
static std::vector<long> vector;
static std::deque<long> deque;
static std::deque<long>* volatile seen;
APART void keep_vector() {
  for (int i = 0; i != 1000; ++i) vector.push_back(i);
}
APART void keep_deque() {
  for (int i = 0; i != 1000; ++i) deque.push_front(i);
}
APART void lose_deque() {
  seen = new std::deque<long>;
  for (int i = 0; i != 1000; ++i) seen->push_back(i);
}
int main() {
  keep_vector();
  keep_deque();
  lose_deque();
  seen = nullptr;
  scrub();
  _Exit(0);
}
