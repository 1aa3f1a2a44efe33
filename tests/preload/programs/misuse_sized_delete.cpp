// operator delete told a wrong size: reported, and the block is freed by its real size.
//
// bare: no
// expect len(errors("mismatched_free")) == 1
// expect live("make") == (0, 0)
#include <new>

#include "support.h"

NOINLINE static void* make() { return keep(::operator new(1000)); }
NOINLINE static void remove_wrongly(void* block) { ::operator delete(block, std::size_t{16}); }

int main() {
  remove_wrongly(make());
  for (int i = 0; i < 100; ++i) ::operator delete(make(), std::size_t{1000});
}
