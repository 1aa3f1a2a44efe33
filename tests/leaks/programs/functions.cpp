// What a std::function has captured, by value and in a block of its own.
// reachable keep_capture 2 *
// lost lose_capture 3 *
#include <functional>
#include <memory>
#include "leak.h"
static std::function<long()> known;
static std::function<long()>* volatile seen;
struct Large {
  long numbers[20];
  std::shared_ptr<long> shared;
};
APART void keep_capture() {
  Large large{{}, std::make_shared<long>(1)};
  known = [large] { return *large.shared + large.numbers[3]; };
}
APART void lose_capture() {
  Large large{{}, std::make_shared<long>(1)};
  seen = new std::function<long()>([large] { return *large.shared + large.numbers[3]; });
}
int main() {
  keep_capture();
  lose_capture();
  seen = nullptr;
  scrub();
  _Exit(0);
}
