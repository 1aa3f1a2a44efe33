// Virtual bases lie at the end, where only the table of the class knows.
// reachable keep_by_base 1 *
#include "leak.h"
struct Base {
  virtual ~Base() = default;
  long a[5];
};
struct Left : virtual Base {
  long b[5];
};
struct Right : virtual Base {
  long c[5];
};
struct Bottom : Left, Right {
  long d[5];
};
static Base* volatile known;
APART void keep_by_base() { known = new Bottom; }
int main() {
  keep_by_base();
  scrub();
  _Exit(0);
}
