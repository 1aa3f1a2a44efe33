// The standard's own arenas: a monotonic buffer keeps its chunks in a list, from the newest back.
// reachable keep_arena *
// lost lose_arena *
#include <memory_resource>
#include <vector>
#include "leak.h"
static std::pmr::monotonic_buffer_resource* volatile known;
static std::pmr::monotonic_buffer_resource* volatile seen;
static inline __attribute__((always_inline)) std::pmr::monotonic_buffer_resource* fill() {
  auto* arena = new std::pmr::monotonic_buffer_resource;
  for (int i = 0; i != 100; ++i) static_cast<char*>(arena->allocate(300))[0] = 1;
  return arena;
}
APART void keep_arena() { known = fill(); }
APART void lose_arena() { seen = fill(); }
int main() {
  keep_arena();
  lose_arena();
  seen = nullptr;
  scrub();
  _Exit(0);
}
