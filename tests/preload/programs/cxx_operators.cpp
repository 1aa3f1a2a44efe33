// All 20 replaceable operators: 8 that allocate, each seen at its caller; 12 that free, none of which leaves a
// block or reports a misuse.
//
// expect leaks("plain_new") == (31, 1)
// expect leaks("array_new") == (2 * 32, 2)
// expect leaks("quiet_new") == (3 * 33, 3)
// expect leaks("quiet_array_new") == (4 * 34, 4)
// expect leaks("aligned_new") == (5 * 135, 5)
// expect leaks("aligned_array_new") == (6 * 136, 6)
// expect leaks("quiet_aligned_new") == (7 * 137, 7)
// expect leaks("quiet_aligned_array_new") == (8 * 138, 8)
// expect live("freed_by_all_forms") == (0, 0)
// expect freed("freed_by_all_forms") == 12
// expect report["errors"] == []
#include <cstdlib>
#include <new>

#include "support.h"

constexpr std::align_val_t kAlign{128};

NOINLINE void plain_new() { keep(::operator new(31)); }
NOINLINE void array_new() { keep(::operator new[](32)); }
NOINLINE void quiet_new() { keep(::operator new(33, std::nothrow)); }
NOINLINE void quiet_array_new() { keep(::operator new[](34, std::nothrow)); }
NOINLINE void aligned_new() { keep(::operator new(135, kAlign)); }
NOINLINE void aligned_array_new() { keep(::operator new[](136, kAlign)); }
NOINLINE void quiet_aligned_new() { keep(::operator new(137, kAlign, std::nothrow)); }
NOINLINE void quiet_aligned_array_new() { keep(::operator new[](138, kAlign, std::nothrow)); }

NOINLINE void freed_by_all_forms() {
  ::operator delete(keep(::operator new(40)));
  ::operator delete[](keep(::operator new[](40)));
  ::operator delete(keep(::operator new(40)), std::size_t{40});
  ::operator delete[](keep(::operator new[](40)), std::size_t{40});
  ::operator delete(keep(::operator new(40, kAlign)), kAlign);
  ::operator delete[](keep(::operator new[](40, kAlign)), kAlign);
  ::operator delete(keep(::operator new(40, kAlign)), std::size_t{40}, kAlign);
  ::operator delete[](keep(::operator new[](40, kAlign)), std::size_t{40}, kAlign);
  ::operator delete(keep(::operator new(40)), std::nothrow);
  ::operator delete[](keep(::operator new[](40)), std::nothrow);
  ::operator delete(keep(::operator new(40, kAlign)), kAlign, std::nothrow);
  ::operator delete[](keep(::operator new[](40, kAlign)), kAlign, std::nothrow);
}

int main() {
  void (*functions[])() = {plain_new,   array_new,         quiet_new,         quiet_array_new,
                           aligned_new, aligned_array_new, quiet_aligned_new, quiet_aligned_array_new};
  for (int i = 0; i < 8; ++i)
    for (int times = 0; times <= i; ++times) functions[i]();
  freed_by_all_forms();
}
