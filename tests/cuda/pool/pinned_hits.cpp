// A freed block serves the next request of its class: the driver is not called, the program may write all it asked for, and no
// request gets a block that is larger than 1/8 more.
//
// bare: no
// run with:
// run with: WEIR_DEVICE_FREE=deferred
// run with: WEIR_RECORD=sampled
// expect live_in("pinned", "main") == (0, 0)
// expect not report["errors"]
#include "pinned.hpp"

int main() {
  start();
  for (const size_t bytes : {size_t{1}, size_t{700}, size_t{4096}, size_t{5000}, size_t{65536}, size_t{100000},
                             size_t{3} << 20, size_t{64} << 20}) {
    void* block = allocate(bytes);
    std::memset(block, 0x5a, bytes);
    leave_idle(block);
    const unsigned long long before = allocations(), freed = frees();
    void* again = allocate(bytes);
    MUST(again == block);
    std::memset(again, 0xa5, bytes);
    OK(cuMemsetD8(at(again), 1, bytes));
    MUST(static_cast<char*>(again)[bytes - 1] == 1);
    MUST(allocations() == before && frees() == freed);
    leave_idle(again);
  }

  // What the driver is asked for is its class: at most 1/8 more, and no page more where pages are what counts.
  for (size_t bytes = 1; bytes < (size_t{9} << 20); bytes += bytes / 3 + 1) {
    const unsigned long long had = ::bytes(), calls = allocations();
    void* block = allocate(bytes, CU_MEMHOSTALLOC_WRITECOMBINED);
    const unsigned long long got = ::bytes() - had;
    if (allocations() != calls) {
      MUST(got >= bytes && (got <= bytes + bytes / 8 || got - bytes < 512));
      if (bytes <= 65536) MUST((got + 4095) / 4096 == (bytes + 4095) / 4096);
    }
    leave_idle(block);
  }

  // Many at once, in no order.
  void* many[64];
  for (int round = 0; round < 3; ++round) {
    const unsigned long long before = allocations();
    for (int i = 0; i < 64; ++i) std::memset(many[i] = allocate_plain(20000 + i), i, 20000);
    for (int i = 0; i < 64; ++i) MUST(static_cast<char*>(many[i])[19999] == i);
    for (int i = 0; i < 64; ++i) OK(cuMemFreeHost(many[i * 29 % 64]));
    OK(cuCtxSynchronize());
    MUST(round == 0 || allocations() == before);
  }
  return done();
}
