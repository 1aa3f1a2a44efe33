// Types that ask for more alignment, one by one and in arrays.
// reachable keep_aligned 1 256
// lost lose_aligned 1 256
// lost lose_many 1 *
#include "leak.h"
struct alignas(128) Wide {
  char room[256];
};
static Wide* volatile known;
static Wide* volatile seen;
APART void keep_aligned() { known = new Wide; }
APART void lose_aligned() { seen = new Wide; }
APART void lose_many() { seen = new Wide[20]; }
int main() {
  keep_aligned();
  lose_aligned();
  lose_many();
  seen = nullptr;
  scrub();
  _Exit(0);
}
