// A pointer to the second base points into the object.
// reachable keep_by_base 1 *
// lost lose_object 1 *
#include "leak.h"
struct First {
  virtual ~First() = default;
  long a[10];
};
struct Second {
  virtual ~Second() = default;
  long b[10];
};
struct Both : First, Second {
  long c[10];
};
static Second* volatile known;
static Second* volatile seen;
APART void keep_by_base() { known = new Both; }
APART void lose_object() { seen = new Both; }
int main() {
  keep_by_base();
  lose_object();
  seen = nullptr;
  scrub();
  _Exit(0);
}
