// operator new that cannot have its memory: loops on the new_handler, then throws bad_alloc that the program
// catches; nothrow gives null; the handler may also throw. Failed requests are no blocks (the
// exception objects are).
//
// expect total("hopeless")[0] < 4096
// expect live("hopeless") == (0, 0)
#include <cstdio>
#include <cstdlib>
#include <new>

#include "support.h"

static int calls = 0;
static volatile std::size_t huge = std::size_t{1} << 62;

static void give_up_third_time() {
  if (++calls == 3) std::set_new_handler(nullptr);
}

struct Own {};
static void throw_own() { throw Own{}; }

NOINLINE static int hopeless() {
  int caught = 0;
  for (int form = 0; form < 4; ++form) {
    calls = 0;
    std::set_new_handler(give_up_third_time);
    try {
      if (form == 0) keep(::operator new(huge));
      if (form == 1) keep(::operator new[](huge));
      if (form == 2) keep(::operator new(huge, std::align_val_t{64}));
      if (form == 3) keep(::operator new[](huge, std::align_val_t{64}));
    } catch (const std::bad_alloc&) {
      caught += calls == 3;
    }
  }
  std::set_new_handler(give_up_third_time);
  calls = 0;
  if (keep(::operator new(huge, std::nothrow)) != nullptr || calls != 3) return 10;
  std::set_new_handler(throw_own);
  try {
    keep(::operator new(huge));
  } catch (const Own&) {
    ++caught;
  }
  if (keep(::operator new(huge, std::nothrow)) != nullptr) return 11;  // a throwing handler: still null
  std::set_new_handler(nullptr);
  try {
    keep(new char[huge]);
  } catch (const std::bad_alloc&) {
    ++caught;
  }
  return caught;
}

int main() {
  const int caught = hopeless();
  std::printf("%d\n", caught);
  return caught == 6 ? 0 : 1;
}
