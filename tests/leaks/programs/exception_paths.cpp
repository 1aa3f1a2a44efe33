// An exception passes: what a unique_ptr holds is freed, what a plain pointer held is lost.
// lost lose_plain 1 400
#include <memory>
#include <stdexcept>
#include "leak.h"
static char* volatile seen;
APART void fails() { throw std::runtime_error("stop"); }
APART void freed_unique() {
  auto one = std::make_unique<char[]>(401);
  seen = one.get();
  fails();
}
APART void lose_plain() {
  char* one = block(400);
  seen = one;
  fails();
  free(one);
}
int main() {
  for (void (*each)() : {freed_unique, lose_plain}) {
    try {
      each();
    } catch (const std::exception&) {
    }
  }
  seen = nullptr;
  scrub();
  _Exit(0);
}
