// A C++ program that replaces operator new and delete, and takes the memory from malloc: that is recorded, with the operator
// in the stack.
//
// row: company | C++ program with its own operator new
// expect leaks("lose") == (7 * 48, 7)
// expect frame("lose")["line"] is not None
// expect coverage("warnings") == []
// lost lose 336 7
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "support.h"

static unsigned long news, deletes;

void* operator new(std::size_t bytes) {
  ++news;
  if (void* block = malloc(bytes)) return block;
  throw std::bad_alloc{};
}
void operator delete(void* block) noexcept {
  ++deletes;
  free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  ++deletes;
  free(block);
}

struct Thing {
  char bytes[48];
};

NOINLINE static void lose() {
  for (int i = 0; i < 7; ++i) keep(new Thing);
}

int main() {
  lose();
  {
    std::vector<std::string> texts;
    for (int i = 0; i < 500; ++i) texts.emplace_back(100 + i, 'a');
  }
  std::printf("%lu made, %lu given back\n", news, deletes);
  return news - deletes == 7 ? 0 : 1;
}
