// A promise's state: shared with a future that is in a variable, or in none.
// reachable keep_state *
// lost lose_state *
// link -pthread
#include <future>
#include "leak.h"
static std::shared_future<long> known;
static std::promise<long>* volatile seen;
APART void keep_state() {
  std::promise<long> promise;
  known = promise.get_future().share();
  promise.set_value(1);
}
APART void lose_state() { seen = new std::promise<long>; }
int main() {
  keep_state();
  lose_state();
  seen = nullptr;
  scrub();
  _Exit(0);
}
