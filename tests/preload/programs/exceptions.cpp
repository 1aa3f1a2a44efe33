// Exceptions thrown through recorded frames, in several threads at once: the runtime's unwinder is undisturbed,
// and every exception object is counted and freed.
//
// row: company | exceptions in four threads through recorded frames
// expect live("climb") == (0, 0)
// expect total("climb")[1] >= 4 * 2000
// lost lose 35 1
#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "support.h"

NOINLINE static void climb(int depth) {
  if (depth == 0) throw std::runtime_error("a text that is too long for the small string of any library");
  climb(depth - 1);
  keep(nullptr);
}

static void* body(void* caught) {
  for (int i = 0; i < 2000; ++i) {
    try {
      climb(i % 20);
    } catch (const std::exception&) {
      ++*static_cast<int*>(caught);
    }
  }
  return nullptr;
}

NOINLINE static void lose() { keep(malloc(35)); }

int main() {
  lose();
  pthread_t threads[4];
  int caught[4] = {};
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], nullptr, body, &caught[i]);
  for (pthread_t thread : threads) pthread_join(thread, nullptr);
  std::printf("%d caught\n", caught[0] + caught[1] + caught[2] + caught[3]);
  return caught[0] + caught[1] + caught[2] + caught[3] == 8000 ? 0 : 1;
}
