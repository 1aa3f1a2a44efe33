// A server that never ends: each request loses a block of the device and a pinned one, passes a managed one through a cache that is
// emptied when it is full, and works with memory in stream order. One request for each byte that it reads; it answers with one.
// (growing.py)
#include <unistd.h>

#include "leaks.hpp"

static constexpr int kCache = 8;
static CUdeviceptr* cached[kCache];
static int filled;

[[gnu::noinline]] static void lose_device() { allocate(10000); }
[[gnu::noinline]] static void lose_pinned() { pinned(5000); }
[[gnu::noinline]] static void cache() {
  if (filled == kCache)
    while (filled != 0) OK(cuMemFree(reinterpret_cast<CUdeviceptr>(cached[--filled])));
  cached[filled++] = managed(4000);
}
[[gnu::noinline]] static void answer() { OK(cuMemFreeAsync(ordered(7000), nullptr)); }
[[gnu::noinline]] static void table() {
  for (int i = 0; i < 10; ++i) allocate(100000);
}

int main() {
  start();
  table();
  for (char byte; read(0, &byte, 1) == 1;) {
    lose_device();
    lose_pinned();
    cache();
    answer();
    if (write(1, &byte, 1) != 1) return 1;
  }
  return 0;
}
